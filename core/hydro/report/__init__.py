"""The report: one page that says what came of a run, made from the files of its folder alone."""
