"""Build hooks that pyproject.toml cannot say: the C++ example library is compiled where a compiler is there."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

CPP = "conductor/client/example/worker/cpp"
#: What the demo uses beside the package's modules: the name in the repository -> the folder under conductor/_shipped.
SHIPPED = {"workflows/*.json": "workflows", "examples/*.json": "examples"}


class BuildLibrary(build_ext):
    """Compile a plain shared library for ctypes: one name for all Pythons, no module to initialise."""

    def get_ext_filename(self, fullname: str) -> str:
        suffix = ".dll" if sys.platform == "win32" else ".so"
        return str(Path(*fullname.split("."))) + suffix

    def get_export_symbols(self, ext: Extension) -> list[str]:
        return list(ext.export_symbols or [])

    def build_extension(self, ext: Extension) -> None:
        is_msvc = self.compiler.compiler_type == "msvc"
        ext.extra_compile_args = ["/std:c++17", "/O2", "/EHsc"] if is_msvc else ["-std=c++17", "-O2", "-Wall"]
        super().build_extension(ext)


class BuildWithData(build_py):
    """Copy the definitions and the order of the demo into the package that is built."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:  # they are found at the top of the checkout
            return
        for pattern, folder in SHIPPED.items():
            target = Path(self.build_lib, "conductor", "_shipped", folder)
            target.mkdir(parents=True, exist_ok=True)
            for file in sorted(Path(__file__).parent.glob(pattern)):
                shutil.copyfile(file, target / file.name)


class WheelForAnyPython(bdist_wheel):
    """The library belongs to a platform, but to no version of Python."""

    def get_tag(self) -> tuple[str, str, str]:
        return "py3", "none", super().get_tag()[2]


setup(
    # optional: without a compiler the package installs all the same, and only the C++ example worker says what to do.
    ext_modules=[Extension(f"{CPP}/lib".replace("/", "."), [f"src/{CPP}/simple_cpp_lib.cpp"], optional=True)],
    cmdclass={"build_ext": BuildLibrary, "build_py": BuildWithData, "bdist_wheel": WheelForAnyPython},
)
