"""What texts and tables of text have to be like, for hydro and for the exports of a model.

This package is copied as it is into exports, beside a program that has no hydro. So it imports the
standard library alone, and itself by relative names, and both take and refuse the same.
"""
