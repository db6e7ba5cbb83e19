#!/bin/sh
# Makes .venv and, where it may, installs the system libraries that WeasyPrint loads.
# Usage: tools/setup.sh run | dev | libraries        (called by make; PYTHON names another interpreter)
set -eu
cd "$(dirname "$0")/.."
# A user's own settings for other projects would install beside .venv or load foreign packages into it.
unset PYTHONHOME PYTHONPATH PIP_USER PIP_TARGET PIP_PREFIX PIP_REQUIRE_VIRTUALENV
venv=.venv
log=$venv/setup.log

die() { echo "assess: $*" >&2; exit 1; }

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() { # python3 first: it is the one that the system's pip belongs to
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if is_new_enough "$candidate"; then echo "$candidate"; return; fi
    done
    die "Python 3.11 or newer is needed: install it (sudo apt-get install -y python3 python3-pip)," \
        "or name it: make PYTHON=/path/to/python3.12"
}

make_venv() {
    if [ -x $venv/bin/python ] && $venv/bin/python -m pip --version >/dev/null 2>&1; then return; fi
    python=$(find_python)
    echo "assess: making $venv with $("$python" --version)"
    if "$python" -m venv --clear $venv >/dev/null 2>&1; then return; fi
    # Debian splits ensurepip off (python3-venv); the pip outside can put a pip inside.
    "$python" -m venv --clear --without-pip $venv >/dev/null 2>&1 &&
        "$python" -m pip --python $venv/bin/python install --quiet pip >$log 2>&1 ||
        { explain_no_network; die "cannot make $venv: sudo apt-get install -y python3-venv python3-pip"; }
}

explain_no_network() {
    if [ -f $log ] && grep -qiE 'name resolution|NewConnectionError|ConnectTimeout|ProxyError|unreachable|Could not resolve|Failed to fetch|Max retries' $log; then
        die "no connection to a package index: connect, or name a mirror (PIP_INDEX_URL=https://…), and repeat; details in $log"
    fi
}

install_packages() { # $1: extras
    echo "assess: installing the packages pinned in constraints.txt (a minute or two the first time)"
    $venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".$1" >$log 2>&1 ||
        { explain_no_network; grep -m3 -i error $log >&2 || true; die "pip could not install the packages; details in $log"; }
}

missing_libraries() { # Debian packages whose library the interpreter cannot load
    $venv/bin/python - <<'PY'
import ctypes
libraries = {
    "libpango-1.0-0": "libpango-1.0.so.0",
    "libpangoft2-1.0-0": "libpangoft2-1.0.so.0",
    "libharfbuzz-subset0": "libharfbuzz-subset.so.0",
}
for package, library in libraries.items():
    try:
        ctypes.CDLL(library)
    except OSError:
        print(package)
PY
}

install_libraries() {
    missing=$(missing_libraries | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "assess: installing the system libraries $missing"
        export DEBIAN_FRONTEND=noninteractive
        # shellcheck disable=SC2086  # one word for each package
        { apt-get update && apt-get install -y --no-install-recommends $missing; } >$log 2>&1 || true
        missing=$(missing_libraries | tr '\n' ' ')
        [ -n "$missing" ] || return 0
    fi
    case $missing in
    *pango*) die "PDF reports need system libraries: sudo apt-get install -y $missing" ;;
    *) echo "assess: PDFs will be slow without it: sudo apt-get install -y $missing" >&2 ;;
    esac
}

case ${1:-} in
run) make_venv; install_packages "" ;;
dev) make_venv; install_packages "[dev]" ;;
libraries) install_libraries ;;
*) die "usage: tools/setup.sh run | dev | libraries" ;;
esac
