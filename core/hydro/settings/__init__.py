"""How settings are declared, composed, read, checked and shown."""
