package armmodel

import (
	"bytes"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
)

// core is a processor, how LLVM's models and QEMU call it, and the set of kernels that it runs.
type core struct {
	name, mcpu, qemu string
	set              set
}

// set is a set of kernels, of which each can run what the one before it can.
type set int

const (
	neon   set = iota
	dot        // with dot products
	matrix     // with matrix products
	sets
)

// cores are those of the Raspberry Pi, and one that has matrix products. LLVM has no model of the Cortex-A76, but one of the
// Neoverse N1, the same core for servers; its "cortex-a72" and "cortex-a76" are the Cortex-A57's model. The Cortex-A720's is
// that of the Neoverse N2. QEMU has none of these, but a processor with all that it knows.
var cores = [coreCount]core{
	{"Cortex-A53", "cortex-a53", "cortex-a53", neon},
	{"Cortex-A72", "cortex-a72", "cortex-a72", neon},
	{"Cortex-A76", "neoverse-n1", "cortex-a76", dot},
	{"Cortex-A720", "cortex-a720", "max", matrix},
}

// coreCount is how many cores there are, perCore a figure for each.
const coreCount = 4

type perCore [coreCount]float64

// llvm finds the tools, of one version: models differ between versions, and the Neoverse N1's is new.
type llvm struct{ mc, mca string }

func findLLVM() (llvm, error) {
	for _, suffix := range []string{"-19", ""} {
		mc, err1 := exec.LookPath("llvm-mc" + suffix)
		mca, err2 := exec.LookPath("llvm-mca" + suffix)
		if err1 == nil && err2 == nil {
			return llvm{mc, mca}, nil
		}
	}
	return llvm{}, fmt.Errorf("armmodel: no llvm-mc and llvm-mca (Debian: apt install llvm-19)")
}

// run gives a tool its input and returns what it prints.
func run(tool, input string, args ...string) (string, error) {
	cmd := exec.Command(tool, args...)
	cmd.Stdin = strings.NewReader(input)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("armmodel: %s %s: %w: %s", tool, strings.Join(args, " "), err, complaint.String())
	}
	return string(out), nil
}

// text is the words of instructions as assembly.
func (l llvm) text(words []uint32) (string, error) {
	var b strings.Builder
	for _, w := range words {
		fmt.Fprintf(&b, "%#02x %#02x %#02x %#02x\n", byte(w), byte(w>>8), byte(w>>16), byte(w>>24))
	}
	out, err := run(l.mc, b.String(), "--disassemble", "-triple=aarch64", "-mattr=+dotprod,+i8mm")
	if err != nil {
		return "", err
	}
	_, body, found := strings.Cut(out, ".text\n")
	if !found {
		body = out
	}
	if n := len(strings.Split(strings.TrimSpace(body), "\n")); n != len(words) {
		return "", fmt.Errorf("armmodel: %d words became %d instructions", len(words), n)
	}
	return body, nil
}

// rounds is how often llvm-mca runs a loop: what fills the pipeline does not count then.
const rounds = 400

var totalCycles = regexp.MustCompile(`(?m)^Total Cycles:\s+(\d+)$`)

// cycles is what a turn of a loop of instructions takes on a core, once it runs.
func (l llvm) cycles(c core, text string) (float64, error) {
	out, err := run(l.mca, text, "-mtriple=aarch64", "-mcpu="+c.mcpu, "-mattr=+dotprod,+i8mm", fmt.Sprint("-iterations=", rounds),
		"-resource-pressure=false", "-instruction-info=false")
	if err != nil {
		return 0, err
	}
	m := totalCycles.FindStringSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("armmodel: llvm-mca prints no cycles: %q", out)
	}
	n, err := strconv.ParseFloat(m[1], 64)
	return n / rounds, err
}
