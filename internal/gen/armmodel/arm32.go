package armmodel

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// LLVM has no model of the Cortex-A53 for 32-bit instructions, but the core has one pipeline for both kinds: so the loops of
// the kernels for 32-bit Arm are translated, instruction by instruction, and its model runs that.

// loop32 is an inner loop for 32-bit Arm, and the one for arm64 that does the same.
type loop32 struct {
	file, function, label string
	products              int
	what                  string
	as                    string // a part of kernels
	asProducts            int
}

var loops32 = []loop32{
	{"neon_arm.s", "tilesNEON", "pair2", 2 * 4 * 16, "convolution, 2 pixels by 4 columns by 16", "tilesNEON.pair4", 4 * 4 * 32},
	{"neon_arm.s", "tilesNEON", "single2", 2 * 4 * 8, "convolution, 2 pixels by 4 columns by 8", "tilesNEON.single4", 4 * 4 * 8},
	{"depth_arm.s", "depthNEON", "pair", 2 * 16, "depthwise, two taps of 16 channels", "depthNEON.pair", 2 * 16},
	{"pool_arm.s", "maxRowNEON", "column32", 32, "greatest, a tap of 32 channels", "maxRowNEON.column64", 64},
	{"pool_arm.s", "averageWindowNEON", "column", 16, "mean, a tap of 16 channels", "averageWindowNEON.column", 16},
	{"simd_arm.s", "dotNEON", "thirtytwo", 32, "a single product of 32", "dotNEON.thirtytwo", 32},
}

// most is how many times as long as on arm64 such a loop may take.
const most = 2

// printLoops32 prints what the Cortex-A53's model says of the loops for 32-bit Arm, and fails where one takes too long.
func printLoops32(out io.Writer, root string, tools llvm, k *kernels) error {
	fmt.Fprint(out, "\n| 32-bit loop | what a turn does | instructions | cycles: A53 | products or bytes a cycle | arm64 | times as long |\n"+
		"|---|---|---|---|---|---|---|\n")
	for _, l := range loops32 {
		lines, err := loopLines(filepath.Join(root, kernelDir, l.file), l.function, l.label)
		if err != nil {
			return err
		}
		cycles, err := tools.cycles(cores[0], strings.Join(lines, "\n")+"\n")
		if err != nil {
			return fmt.Errorf("%s.%s: %w", l.function, l.label, err)
		}
		rate, wide := float64(l.products)/cycles, float64(l.asProducts)/k.parts[l.as].cycles[0]
		fmt.Fprintf(out, "| `%s` %s | %s | %d | %.2f | %.2f | %.2f | %.2f |\n", l.function, l.label, l.what, len(lines), cycles, rate, wide, wide/rate)
		if wide/rate > most {
			return fmt.Errorf("armmodel: %s.%s for 32-bit Arm takes %.2f times as long as arm64's (the goal is %d)", l.function, l.label, wide/rate, most)
		}
	}
	return nil
}

// loopLines is the instructions of a loop, from its label to the jump back, as arm64 would have them.
func loopLines(path, function, label string) ([]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	_, body, ok := strings.Cut(string(text), "TEXT ·"+function+"(SB)")
	if ok {
		_, body, ok = strings.Cut(body, "\n"+label+":\n")
	}
	if !ok {
		return nil, fmt.Errorf("armmodel: no %s with a label %q in %s", function, label, path)
	}
	var list []string
	for line := range strings.Lines(body) {
		line = strings.TrimSpace(line)
		if _, word, ok := strings.Cut(line, "WORD "); ok {
			_, line, _ = strings.Cut(word, "// ")
		} else {
			line, _, _ = strings.Cut(line, " //")
		}
		if line == "" {
			continue
		}
		wide, err := wider(line)
		if err != nil {
			return nil, fmt.Errorf("%s: %s.%s: %w", path, function, label, err)
		}
		list = append(list, wide)
		if fields := strings.Fields(line); slices.Contains([]string{"BNE", "BGT"}, fields[0]) && fields[1] == label {
			return list, nil
		}
	}
	return nil, fmt.Errorf("armmodel: nothing jumps to %s.%s in %s", function, label, path)
}

// forms is what arm64 calls the vector instructions of the loops, with the arrangements of their operands; a 2 follows the
// name where an operand is the upper half of a register.
var forms = map[string][]string{
	"vmull.s8":   {"smull", "8h", "8b", "8b"},
	"vmlal.s8":   {"smlal", "8h", "8b", "8b"},
	"vmull.u8":   {"umull", "8h", "8b", "8b"},
	"vpadal.s16": {"sadalp", "4s", "8h"},
	"vpadal.u16": {"uadalp", "4s", "8h"},
	"vaddw.s16":  {"saddw", "4s", "4s", "4h"},
	"vaddw.u8":   {"uaddw", "8h", "8h", "8b"},
	"vmax.u8":    {"umax", "16b", "16b", "16b"},
}

var (
	vectorName = regexp.MustCompile(`\b([dq])(\d+)\b`)
	wholeArm   = map[string]string{"8b": "16b", "4h": "8h"}
)

// wider translates an instruction of Go's assembler or of NEON.
func wider(line string) (string, error) {
	name, rest, _ := strings.Cut(line, " ")
	registers := vectorName.FindAllStringSubmatch(rest, -1)
	number := func(i int) int {
		n := 0
		_, _ = fmt.Sscan(registers[i][2], &n)
		if registers[i][1] == "d" {
			n /= 2
		}
		return n
	}
	if form, ok := forms[name]; ok && len(registers) == len(form)-1 {
		last := registers[len(registers)-1]
		upper := last[1] == "d" && strings.Contains("13579", last[2][len(last[2])-1:])
		text := form[0]
		if upper {
			text += "2"
		}
		for i, arrangement := range form[1:] {
			if whole := wholeArm[arrangement]; upper && whole != "" {
				arrangement = whole
			}
			text += fmt.Sprintf("%s v%d.%s", []string{" ", ", ", ", "}[i], number(i), arrangement)
		}
		return text, nil
	}
	switch name {
	case "vld1.8":
		return load(rest, len(registers), number)
	case "SUB.S":
		return "subs w6, w6, #1", nil
	case "ADD":
		return "add x11, x11, x12", nil
	case "MOVW.P":
		return "ldr w6, [x11], #4", nil
	case "BNE", "BGT":
		return "b.ne #0", nil
	}
	return "", fmt.Errorf("armmodel: no translation of %q", line)
}

// address is where vectors are loaded from.
var address = regexp.MustCompile(`\[r(\d+)\](!?)$`)

// load translates a load of so many halves of vectors.
func load(text string, halves int, number func(i int) int) (string, error) {
	m := address.FindStringSubmatch(text)
	if m == nil {
		return "", fmt.Errorf("armmodel: no address in %q", text)
	}
	arrangement, step := "16b", 2
	if halves == 1 {
		arrangement, step = "8b", 1
	}
	var list []string
	for i := 0; i < halves; i += step {
		list = append(list, fmt.Sprintf("v%d.%s", number(i), arrangement))
	}
	behind := ""
	if m[2] != "" {
		behind = fmt.Sprintf(", #%d", 8*halves)
	}
	return fmt.Sprintf("ld1 {%s}, [x%s]%s", strings.Join(list, ", "), m[1], behind), nil
}
