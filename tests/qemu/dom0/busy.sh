# Keeps $1 CPUs busy for $2 seconds.
busy() {
    end=$(($(date +%s) + $1))
    while [ "$(date +%s)" -lt "$end" ]; do
        n=0
        while [ $n -lt 20000 ]; do n=$((n + 1)); done
    done
}

for _ in $(seq "$1"); do
    busy "$2" &
done
wait
