import pytest

from tracer.analysis.settings import Setting, scalar, setting_of


@pytest.mark.parametrize(
    ("class_name", "parameters", "expected"),
    [
        ("TopKLogitsWarper", {"top_k": 50}, Setting("TopKLogitsWarper", "top_k", 50)),
        ("RepetitionPenaltyLogitsProcessor", {"penalty": 1.1}, 1.1),
        ("EtaLogitsWarper", {"epsilon": {"tensor": "float32", "shape": [], "values": [0.25]}}, 0.25),
        ("TemperatureLogitsWarper", {}, None),
        ("TemperatureLogitsWarper", {"temperature": {"opaque": "Tensor"}}, None),
        ("NoBadWordsLogitsProcessor", {"bad_word_ids": [[1], [2]]}, None),
    ],
)
def test_a_processor_carries_out_a_setting_of_generate(class_name, parameters, expected):
    setting = setting_of(class_name, parameters)

    assert expected == (setting if isinstance(expected, Setting) else setting.value)
    assert setting.name is not None


def test_a_class_of_the_users_own_has_its_name_and_no_setting():
    assert Setting("NoVowels") == setting_of("NoVowels", {"strength": 2})


def test_a_parameter_of_several_values_is_no_scalar():
    assert scalar([1, 2]) is None
    assert 1 == scalar([1])
