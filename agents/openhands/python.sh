#!/bin/sh
# Prints the path of a Python that OpenHands runs on (3.12 or newer): the system's, or else Debian trixie's, put into the
# folder $1.
#
# Trixie's Python needs trixie's C library. Installed as packages, that would replace the environment's C library, OpenSSL
# and compilers, and results would depend on which agent the image is for. So its packages are unpacked beside the system,
# and patchelf points the interpreter to the loader and the libraries that came with it. uv's own Pythons come from GitHub,
# which not every machine reaches.
set -eu
into=$1

for python in /usr/bin/python3 /usr/bin/python3.12 /usr/bin/python3.13; do
    if [ -x "$python" ] && "$python" -c 'import sys; sys.exit(sys.version_info < (3, 12))'; then
        echo "$python"
        exit 0
    fi
done

keys=/usr/share/keyrings/debian-archive-keyring.gpg
if [ ! -e "$keys" ]; then
    echo "OpenHands needs Python 3.12 or newer: base the environment on Debian, or on Ubuntu 24.04 or newer" >&2
    exit 1
fi

# apt with an archive and a state of its own: for it nothing is installed yet, so it gets every library.
apt=$(mktemp -d)
mkdir -p "$apt/lists/partial" "$apt/archives/partial"
: > "$apt/status"
echo "deb [signed-by=$keys] http://deb.debian.org/debian trixie main" > "$apt/sources.list"
cat > "$apt/apt.conf" << END
Dir::State::status "$apt/status";
Dir::State::lists "$apt/lists";
Dir::Cache::archives "$apt/archives";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "/nowhere";
Acquire::Languages "none";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
END
export APT_CONFIG="$apt/apt.conf"
apt-get -q update >&2
apt-get -q -y --download-only install python3.13 libstdc++6 >&2
mkdir -p "$into"
for package in "$apt"/archives/*.deb; do
    dpkg-deb -x "$package" "$into"
done
rm -rf "$apt" "$into"/usr/share/doc "$into"/usr/share/man "$into"/usr/share/lintian
patchelf --force-rpath --set-rpath "$(echo "$into"/usr/lib/*-linux-gnu*)" \
    --set-interpreter "$(echo "$into"/usr/lib*/ld-linux-*)" "$into/usr/bin/python3.13"
echo "$into/usr/bin/python3.13"
