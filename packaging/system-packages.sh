#!/usr/bin/env bash
# Debian and Ubuntu: the system packages that Qt and OpenCV need, an X server for tests without
# a display, and Python's venv module. Root gets what is missing installed, anybody else is told
# the line to run. Nothing missing, or another system: silent.
#
# PYTHON: the interpreter that the virtual environment is made with (default: python3).
set -euo pipefail

command -v dpkg >/dev/null && command -v apt-get >/dev/null || exit 0

# `a|b`: the library's name before and after Debian's change to 64-bit time.
packages=(
    libgl1 libegl1 "libglib2.0-0|libglib2.0-0t64" libfontconfig1 libfreetype6 fonts-dejavu-core
    libdbus-1-3 libgssapi-krb5-2 libbrotli1
    libx11-6 libx11-xcb1 libxkbcommon0 libxkbcommon-x11-0
    libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render0
    libxcb-render-util0 libxcb-shape0 libxcb-shm0 libxcb-sync1 libxcb-util1 libxcb-xfixes0
    libxcb-xkb1 libxcb1
    libwayland-client0 libwayland-cursor0
    xvfb
)

is_installed() {
    LC_ALL=C dpkg -s "$1" 2>/dev/null | grep -q '^Status: install ok installed'
}

missing=()
for names in "${packages[@]}"; do
    found=
    for name in ${names//|/ }; do
        if is_installed "$name"; then
            found=yes
            break
        fi
    done
    [ -n "$found" ] || missing+=("${names%%|*}")
done

# Debian ships Python without what `python3 -m venv` needs. A path is somebody's own Python.
python=${PYTHON:-python3}
if [[ $python != */* ]]; then
    if ! command -v "$python" >/dev/null; then
        missing+=("$python" "$python-venv")
    elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        missing+=("$python-venv")
    fi
fi

[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "System packages are missing. If something doesn't start, run:" >&2
    echo "  sudo apt-get install ${missing[*]}" >&2
    exit 0
fi

echo "Installing system packages: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; }; then
    # Not fatal: a library may be there without its package. What really lacks names itself later.
    echo "Couldn't install all of them; going on. By hand:" >&2
    echo "  apt-get install ${missing[*]}" >&2
fi
