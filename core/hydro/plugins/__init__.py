"""What can be installed: hooks, the records that they return, how plugins are found."""
