"""What was found beside the questionnaires: on-site checks, graded documents, events of the negative list."""
