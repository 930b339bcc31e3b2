#!/bin/sh
# Make $VENV with $PYTHON, and say what to do where Debian has split venv off.
set -eu
if ! "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "forebay needs Python 3.11 or newer as '$PYTHON'; name another with: make PYTHON=python3.12 demo" >&2
    exit 1
fi
if ! "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null; then
    package="$("$PYTHON" -c 'import sys; print(f"python3.{sys.version_info[1]}-venv")')"
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing Debian's $package, which this Python lacks …"
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$package" >/dev/null
    else
        echo "This Python cannot make virtual environments yet. Run: sudo apt-get install $package" >&2
        exit 1
    fi
fi
exec "$PYTHON" -m venv "$VENV"
