#!/bin/sh
# Builds the program for an image: deploy/build.sh FOLDER [OPTION OF dotnet publish]...
# FOLDER/kvmactors is the program; all that it needs besides the .NET runtime is in FOLDER. deploy/Dockerfile runs this.
set -eu
output=${1:?"deploy/build.sh FOLDER: name the folder for the program"}
shift
cd "$(dirname "$0")/.."

# The guests are C and assembly.
if ! command -v gcc >/dev/null || ! command -v ld >/dev/null || ! command -v make >/dev/null; then
    apt-get update
    apt-get install --yes --no-install-recommends gcc binutils make
fi

dotnet publish src/Host/Host.csproj --output "$output" "$@"
chmod -R u=rwX,go=rX "$output"
