package armmodel

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// instruction is a line of `go tool objdump`.
type instruction struct {
	line            int // of the .s file
	address, target uint64
	code            uint32
}

// listing is the instructions of the assembly functions in a program, and the lines of their labels.
type listing struct {
	dir    string // of the .s files
	code   map[string][]instruction
	labels map[string]int // "function.label"
}

// build compiles the daemon for arm64.
func build(root, binary string) error {
	cmd := exec.Command("go", "build", "-o", binary, "./daemon")
	cmd.Dir, cmd.Env = root, append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("armmodel: go build: %w: %s", err, out)
	}
	return nil
}

const kernelDir = "infer/cpu/kernel"

// list reads the kernels of a program that build has made.
func list(root, binary string) (*listing, error) {
	l := &listing{dir: filepath.Join(root, kernelDir), code: map[string][]instruction{}, labels: map[string]int{}}
	files, err := filepath.Glob(filepath.Join(l.dir, "*_arm64.s"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		if err := l.readLabels(file); err != nil {
			return nil, err
		}
	}
	out, err := exec.Command("go", "tool", "objdump", "-s", `infer/cpu/kernel\..*NEON|infer/cpu/kernel\..*Dot|infer/cpu/kernel\..*I8MM`, binary).Output()
	if err != nil {
		return nil, fmt.Errorf("armmodel: go tool objdump: %w", err)
	}
	return l, l.readCode(string(out))
}

var (
	textLine  = regexp.MustCompile(`^TEXT ·(\w+)\(SB\)`)
	labelLine = regexp.MustCompile(`^(\w+):`)
)

func (l *listing) readLabels(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	function := ""
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		if m := textLine.FindStringSubmatch(lines.Text()); m != nil {
			function = m[1]
			l.labels[function+"."] = n
		}
		if m := labelLine.FindStringSubmatch(lines.Text()); m != nil {
			l.labels[function+"."+m[1]] = n
		}
	}
	return lines.Err()
}

var (
	symbolLine = regexp.MustCompile(`^TEXT \S*/kernel\.(\w+)(\.abi0)?\(SB\) (\S+)`)
	codeLine   = regexp.MustCompile(`^\s+\S+_arm64\.s:(\d+)\s+0x([0-9a-f]+)\s+([0-9a-f]{8})\s+(.*)$`)
	jump       = regexp.MustCompile(`(-?\d+)\(PC\)`)
)

func (l *listing) readCode(text string) error {
	function := ""
	for line := range strings.Lines(text) {
		if m := symbolLine.FindStringSubmatch(line); m != nil {
			if function = m[1]; !strings.HasSuffix(m[3], "_arm64.s") {
				function = "" // the Go wrapper
			}
		}
		m := codeLine.FindStringSubmatch(strings.TrimRight(line, "\t \n"))
		if m == nil || function == "" {
			continue
		}
		var i instruction
		i.line, _ = strconv.Atoi(m[1])
		i.address, _ = strconv.ParseUint(m[2], 16, 64)
		code, err := strconv.ParseUint(m[3], 16, 32)
		if err != nil {
			return err
		}
		i.code = uint32(code)
		if j := jump.FindStringSubmatch(m[4]); j != nil {
			steps, _ := strconv.Atoi(j[1])
			i.target = i.address + uint64(4*steps)
		}
		l.code[function] = append(l.code[function], i)
	}
	return nil
}

// part is the words of a function between two labels, and the end of the function if the second is empty; of a loop, up
// to the last jump back to its label.
func (l *listing) part(function, from, to string, loop bool) ([]uint32, error) {
	code := l.code[function]
	start, ok := l.labels[function+"."+from]
	if !ok || len(code) == 0 {
		return nil, fmt.Errorf("armmodel: no %s with a label %q in %s", function, from, l.dir)
	}
	end := 1 << 30
	if to != "" {
		if end, ok = l.labels[function+"."+to]; !ok {
			return nil, fmt.Errorf("armmodel: %s has no label %q", function, to)
		}
	}
	var words []uint32
	last, first := 0, uint64(0)
	for _, i := range code {
		if i.line <= start || i.line >= end {
			continue
		}
		if words == nil {
			first = i.address
		}
		words = append(words, i.code)
		if i.target == first {
			last = len(words)
		}
	}
	for len(words) > 0 && words[len(words)-1] == 0 {
		words = words[:len(words)-1] // behind the function's end
	}
	if loop {
		if last == 0 {
			return nil, fmt.Errorf("armmodel: nothing jumps to %s.%s", function, from)
		}
		words = words[:last]
	}
	return words, nil
}
