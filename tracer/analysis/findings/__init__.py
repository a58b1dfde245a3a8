"""What people trip over in a recorded run, found from its numbers: one small rule per question, in a registry.

`tracer.analysis.findings.registry` holds `lint`. Findings hold numbers and names; their words are in
`tracer.wording.findings`.
"""
