"""Build hooks that pyproject.toml cannot say: the C++ example library is compiled where a compiler is there."""

from setuptools import setup

setup()
