#!/bin/sh
# Builds the image of the Dockerfile with buildah, starts the program in it as its own user, and lets it verify a
# token. Called by ./dev image.
#
# usage: build_image.sh TREE BUILDAH_STORAGE_FLAGS
set -eu
tree=$1
storage=$2
port=7086
largest=60 # MB beyond the Debian below
work=$tree/build/image
pid_file=/var/lib/latchkey/pid # in the container, which has the process numbers of this machine
container=
serving=

buildah()
{
    # shellcheck disable=SC2086 -- a list of words
    command buildah $storage "$@"
}

run()
{
    buildah run --isolation chroot "$container" -- "$@"
}

# buildah passes no signal on, and a server that has not begun has no pid file yet.
stop_server()
{
    tries=0
    until pid=$(run cat "$pid_file" 2>/dev/null) && kill "$pid" 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -lt 20 ] || return 0
        sleep 0.1
    done
    wait "$serving" || true
}

clean_up()
{
    [ -n "$container" ] || return 0
    [ -z "$serving" ] || stop_server
    buildah rm "$container" >/dev/null 2>&1 || true
}
trap clean_up EXIT
trap 'exit 130' INT TERM

if ! buildah inspect --type image localhost/latchkey-base >/dev/null 2>&1; then
    base=$(buildah from scratch)
    buildah add --quiet "$base" "$work/base.tar" / >/dev/null
    buildah commit --quiet --rm "$base" localhost/latchkey-base >/dev/null
fi

# What this machine has compiled already need not be compiled again.
cache=
if command -v ccache >/dev/null 2>&1 && directory=$(ccache -k cache_dir 2>/dev/null) && [ -d "$directory" ]; then
    cache="--volume $directory:/root/.cache/ccache"
fi
# shellcheck disable=SC2086 -- two words or none
buildah bud --format docker --isolation chroot --pull-never --build-arg BASE=localhost/latchkey-base $cache \
    --ignorefile "$tree/.dockerignore" --file "$tree/Dockerfile" --tag localhost/latchkey "$tree"

container=$(buildah from --pull-never localhost/latchkey)

[ "$(run id -u)" = 7080 ] || { echo "image: the program would not run as its own user" >&2; exit 1; }
if run sh -c 'touch /usr/local/bin/x || touch /etc/x' 2>/dev/null; then
    echo "image: the program could write outside of its directory" >&2
    exit 1
fi

# shellcheck disable=SC2016 -- for the shell in the container
run sh -c 'echo $$ >"$0" && exec latchkey serve --listen "$1"' "$pid_file" "127.0.0.1:$port" >"$work/server.log" 2>&1 &
serving=$!
url=http://127.0.0.1:$port
tries=0
until curl -fs "$url/readyz" >/dev/null; do
    tries=$((tries + 1))
    [ $tries -lt 200 ] || { cat "$work/server.log"; echo "image: the server does not start" >&2; exit 1; }
    sleep 0.1
done

password=Correct-Horse-7-Battery
curl -fs "$url/api/v2/users/first" -o /dev/null \
    -d "{\"email\":\"me@example.com\",\"username\":\"me-first\",\"password\":\"$password\"}"
session=$(curl -fs "$url/api/v2/users/login" -d "{\"email\":\"me@example.com\",\"password\":\"$password\"}" | cut -d'"' -f4)
token=$(curl -fs "$url/api/v2/users/me/keys/tokens" -H "Coder-Session-Token: $session" -d '{}' | cut -d'"' -f4)
curl -fs "$url/verify" -H "Authorization: Bearer $token"
[ "$(curl -s -o /dev/null -w '%{http_code}' "$url/verify")" = 401 ]
if run latchkey health --help >/dev/null 2>&1; then run latchkey health --url "$url"; fi

megabytes()
{
    mounted=$(buildah mount "$1")
    du -sm --one-file-system "$mounted" | cut -f1
    buildah umount "$1" >/dev/null
}
below=$(buildah from --pull-never localhost/latchkey-base)
size=$(($(megabytes "$container") - $(megabytes "$below")))
buildah rm "$below" >/dev/null
echo "image: localhost/latchkey verifies a token as user 7080; $size MB beyond the Debian below"
[ "$size" -lt "$largest" ]
