def ensure() -> None:
    pass
