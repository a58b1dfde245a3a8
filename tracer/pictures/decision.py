from tracer.figures.decision_picture import picture_of as picture_of
