package armmodel

import (
	"fmt"
	"io"
	"strings"
)

// rival is the inner loop of another library, as numbers of instructions that its source shows: the facts, not the text.
// llvm-mca runs a loop of the same mix, written here, in which loads lie evenly among the multiplications.
type rival struct {
	name, source string
	products     int
	mix          []kind
	on           [coreCount]bool // cores that the library uses it on
}

// kind is so many instructions of one form.
type kind struct {
	count int
	form  string
}

// Sources: XNNPACK, ruy and the Arm Compute Library of 2023 and 2024, as GitHub has them.
var rivals = []rival{
	{
		"XNNPACK QU8 4x16, SMLAL by lane", "google/XNNPACK src/qs8-gemm/4x16-aarch64-neon-mlal-lane-ld64.S.in, QU8", 512,
		[]kind{{4, "ldr d"}, {8, "ldp d"}, {4, "uxtl"}, {16, "usubl"}, {128, "smlal lane"}, {1, "subs"}}, [coreCount]bool{true, true, true},
	},
	{
		"ruy 4x4, SMULL and SADALP", "google/ruy ruy/kernel_arm64.cc, Kernel8bitNeon", 256,
		[]kind{{8, "ld1"}, {16, "smull"}, {16, "smlal2"}, {16, "sadalp"}, {1, "add"}, {1, "cmp"}}, [coreCount]bool{true, true, false},
	},
	{
		"XNNPACK QU8 4x16, UDOT", "google/XNNPACK src/qu8-gemm/4x16c4-aarch64-neondot-ld128.S.in", 1024,
		[]kind{{6, "ldr q"}, {7, "ldp q"}, {64, "udot lane"}, {4, "udot"}, {1, "subs"}}, [coreCount]bool{false, false, true},
	},
	{
		"Arm Compute Library u8qa 4x16, UDOT", "ARM-software/ComputeLibrary a64_hybrid_u8qa_dot_4x16/generic.cpp", 1024,
		[]kind{{20, "ldr q"}, {64, "udot lane"}, {4, "udot"}, {6, "add"}, {4, "prfm"}, {1, "cmp"}}, [coreCount]bool{false, false, true},
	},
}

// text is a loop of that mix: loads first, then each form evenly among the others. What one writes is read a while later,
// as a kernel that is written for cores without reordering would have it. (In LLVM's model of the Cortex-A53 a load waits
// for the vector instruction before it, so that loads between multiplications would look slower than they are.)
func (r *rival) text() string {
	total, done := 0, make([]int, len(r.mix))
	var b strings.Builder
	for n, k := range r.mix {
		if !strings.HasPrefix(k.form, "ld") {
			total += k.count
			continue
		}
		for ; done[n] < k.count; done[n]++ {
			b.WriteString(write(k.form, done[n]) + "\n")
		}
	}
	for i := range total {
		// The form that is most behind its even share comes next.
		best, behind := 0, -1.0
		for n, k := range r.mix {
			if late := float64(k.count)*float64(i+1)/float64(total) - float64(done[n]); done[n] < k.count && late > behind {
				best, behind = n, late
			}
		}
		b.WriteString(write(r.mix[best].form, done[best]) + "\n")
		done[best]++
	}
	return b.String() + "b.ge .\n"
}

// write is instruction number n of a form in a loop. Accumulators are v16 to v31; of the others, a form reads those that
// the one before it in the chain wrote half a round ago.
func write(form string, n int) string {
	switch form {
	case "ldr d", "ldr q":
		return fmt.Sprintf("ldr %s%d, [x%d], #16", form[4:], 12+n%4, n%4)
	case "ld1":
		return fmt.Sprintf("ld1 {v%d.16b}, [x%d], #16", n%8, n%2)
	case "ldp d", "ldp q":
		return fmt.Sprintf("ldp %[1]s%[2]d, %[1]s%[3]d, [x5], #%[4]d", form[4:], 2*(n%2), 2*(n%2)+1, map[string]int{"d": 16, "q": 32}[form[4:]])
	case "uxtl":
		return fmt.Sprintf("uxtl v%d.8h, v%d.8b", 8+n%4, 12+(n+2)%4)
	case "usubl":
		return fmt.Sprintf("usubl v%d.8h, v%d.8b, v12.8b", 4+n%4, (n+2)%4)
	case "smlal lane":
		return fmt.Sprintf("smlal v%d.4s, v%d.4h, v%d.h[%d]", 16+n%16, 4+(n/8+2)%4, 8+n%4, n/16)
	case "udot lane":
		return fmt.Sprintf("udot v%d.4s, v%d.16b, v%d.4b[%d]", 16+n%16, (n/4+2)%4, 12+n%4, n/16)
	case "udot":
		return fmt.Sprintf("udot v%d.4s, v8.16b, v%d.16b", 4+n%4, 12+n%4)
	case "smull":
		return fmt.Sprintf("smull v%d.8h, v%d.8b, v%d.8b", 8+n%8, n%4, 4+n/4)
	case "smlal2":
		return fmt.Sprintf("smlal2 v%d.8h, v%d.16b, v%d.16b", 8+(n+5)%8, n%4, 4+n/4)
	case "sadalp":
		return fmt.Sprintf("sadalp v%d.4s, v%d.8h", 16+n, 8+(n+2)%8)
	case "prfm":
		return fmt.Sprintf("prfm pldl1keep, [x5, #%d]", 64*n)
	case "add":
		return fmt.Sprintf("add x%[1]d, x%[1]d, #16", 8+n%6)
	default: // "subs", "cmp"
		return "subs x15, x15, #16"
	}
}

// printRivals prints what the models say of rivals on the cores that they are used on.
func printRivals(out io.Writer, tools llvm) error {
	fmt.Fprint(out, "\n| rival's loop | instructions | products | Cortex-A53 | Cortex-A72 | Cortex-A76 | Cortex-A720 | source |\n|---|---|---|---|---|---|---|---|\n")
	for i := range rivals {
		r := &rivals[i]
		text := r.text()
		fmt.Fprintf(out, "| %s | %d | %d ", r.name, strings.Count(text, "\n"), r.products)
		for n, c := range cores {
			if !r.on[n] {
				fmt.Fprint(out, "| - ")
				continue
			}
			cycles, err := tools.cycles(c, text)
			if err != nil {
				return fmt.Errorf("%s: %w", r.name, err)
			}
			fmt.Fprintf(out, "| %.2f ", float64(r.products)/cycles)
		}
		fmt.Fprintf(out, "| %s |\n", r.source)
	}
	return nil
}
