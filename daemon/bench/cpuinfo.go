package bench

import (
	"bufio"
	"io"
	"os"
	"runtime"
	"strings"
	"time"
)

// CPU is what the system calls the processor.
func CPU() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	defer f.Close()
	return parseCPUModel(f)
}

// parseCPUModel reads /proc/cpuinfo: "model name" on a PC, "Model", the board, on a Raspberry Pi.
func parseCPUModel(r io.Reader) string {
	name := runtime.GOARCH
	for s := bufio.NewScanner(r); s.Scan(); {
		key, value, _ := strings.Cut(s.Text(), ":")
		switch strings.TrimSpace(key) {
		case "model name", "Model":
			if v := strings.TrimSpace(value); v != "" {
				name = v
			}
		}
	}
	return name
}

// clockGHz measures the processor's clock: the time of instructions that wait for each other, a shift and an exclusive or
// of a cycle each. (Cores that shift within the exclusive or take 2 cycles for that.) It takes about 50 µs; what
// interrupts it makes the result smaller, so the greatest of several is the best.
func clockGHz() float64 {
	const rounds, steps = 8000, 8
	x := uint64(time.Now().UnixNano()) | 1
	begin := time.Now()
	for range rounds {
		x ^= x >> 7
		x ^= x >> 7
		x ^= x >> 7
		x ^= x >> 7
		x ^= x >> 7
		x ^= x >> 7
		x ^= x >> 7
		x ^= x >> 7
	}
	took := time.Since(begin)
	if x == 0 { // never: x keeps its highest bit; so the loop has a result
		return 0
	}
	return 2 * rounds * steps / float64(took.Nanoseconds())
}
