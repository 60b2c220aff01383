//go:build linux && amd64 && !purego

package kernel

import (
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestNoVEX: whatever assembly the set for processors without AVX reaches has none of the instructions that would stop these.
// The test disassembles itself.
func TestNoVEX(t *testing.T) {
	all := disassembled(t)
	reached := map[uintptr]bool{}
	var reach func(at uintptr)
	reach = func(at uintptr) {
		f := all[at]
		if f == nil || reached[at] {
			return
		}
		reached[at] = true
		for _, line := range f.lines {
			if m := jump.FindStringSubmatch(line); m != nil {
				to, _ := strconv.ParseUint(m[1], 16, 64)
				reach(uintptr(to))
			}
		}
	}
	for at, f := range all {
		if f.assembly && strings.HasSuffix(f.name, "SSE") {
			reach(at)
		}
	}
	loops := len(reached)
	for _, at := range functions(reflect.ValueOf(sse41())) {
		reach(at)
	}
	if loops < 14 || len(reached) < loops+14 {
		t.Errorf("%d loops, %d functions in all: not what the set has", loops, len(reached))
	}
	for at := range reached {
		f := all[at]
		if i := slices.IndexFunc(f.lines, isVEX); i >= 0 && f.assembly { // the compiler asks what the processor has
			t.Errorf("%s has %q", f.name, f.lines[i])
		}
	}
	for _, f := range all {
		if f.assembly && strings.HasSuffix(f.name, "AVX2") && !slices.ContainsFunc(f.lines, isVEX) {
			t.Errorf("%s seems to have none", f.name)
		}
	}
}

// jump is where an instruction calls or jumps to.
var jump = regexp.MustCompile(`^(?:call|jmp)q? +(?:0x)?([0-9a-f]+)`)

// isVEX tells whether an instruction is AVX's, or of others that are encoded as these are.
func isVEX(line string) bool {
	name, _, _ := strings.Cut(line, " ")
	return name[0] == 'v' || name[0] == '{' || slices.Contains([]string{
		"andn", "bextr", "blsi", "blsmsk", "blsr", "bzhi", "mulx", "pdep", "pext", "rorx", "sarx", "shlx", "shrx"}, name)
}

// functions is where the functions of a Set begin, and those of what it points at.
func functions(v reflect.Value) (list []uintptr) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			list = functions(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			list = append(list, functions(v.Field(i))...)
		}
	case reflect.Func:
		if !v.IsNil() {
			list = append(list, v.Pointer())
		}
	}
	return list
}

// function is a function of this package in the program that the test is.
type function struct {
	name     string
	assembly bool
	lines    []string // instructions
}

// disassembled is this package's functions by where they begin.
func disassembled(t *testing.T) map[uintptr]*function {
	t.Helper()
	tool, err := exec.LookPath("objdump")
	if err != nil {
		t.Skip("no objdump (Debian: apt install binutils)")
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	from := reflect.ValueOf(Plain).Pointer()
	to := from
	for inPackage(from - 16) {
		from -= 16
	}
	for inPackage(to) {
		to += 16
	}
	out, err := exec.CommandContext(t.Context(), tool, "-d", "--no-show-raw-insn", fmt.Sprintf("--start-address=%#x", from),
		fmt.Sprintf("--stop-address=%#x", to), program).Output()
	if err != nil {
		t.Fatal(err)
	}
	all := map[uintptr]*function{}
	for line := range strings.Lines(string(out)) {
		address, instruction, ok := strings.Cut(strings.TrimSpace(line), ":\t")
		at, err := strconv.ParseUint(address, 16, 64)
		if !ok || err != nil {
			continue
		}
		f := around(uintptr(at))
		begin := f.Entry()
		if all[begin] == nil {
			file, _ := f.FileLine(begin)
			all[begin] = &function{name: f.Name(), assembly: strings.HasSuffix(file, ".s")}
		}
		all[begin].lines = append(all[begin].lines, instruction)
	}
	return all
}

func inPackage(at uintptr) bool {
	f := around(at)
	return f != nil && strings.Contains(f.Name(), "/infer/cpu/kernel.")
}

// around is the function that has the instruction, not one that is inlined there.
func around(at uintptr) *runtime.Func {
	if f := runtime.FuncForPC(at); f != nil {
		return runtime.FuncForPC(f.Entry())
	}
	return nil
}
