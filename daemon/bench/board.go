package bench

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/inceptiond/inceptiond/daemon/doctor"
)

// condition is what decides how fast a board is just now.
type condition = doctor.Condition

// boardCondition is that of this machine.
func boardCondition() condition { return doctor.Look("", doctor.Vcgencmd) }

// board is a line on the state of a single-board computer before and after; empty for other machines.
func (r *report) board() string {
	if r.After.Board == "" {
		return ""
	}
	list := []string{strings.TrimSuffix(r.After.Board+", "+r.After.Cores, ", ")}
	if r.After.GHz > 0 {
		list = append(list, fmt.Sprintf("%s GHz of %.2f (%s)", span("%.2f", r.Before.GHz, r.After.GHz), r.After.MaxGHz,
			cmp.Or(r.After.Governor, "governor unknown")))
	}
	return strings.Join(append(list, r.heat(), "throttled: "+cmp.Or(r.After.Throttled, "unknown")), "; ")
}

// heat is the temperature before and after.
func (r *report) heat() string {
	if r.After.Celsius == 0 {
		return "temperature unknown"
	}
	return span("%.0f", r.Before.Celsius, r.After.Celsius) + " °C"
}

// span is one number, or two if they differ in print.
func span(format string, from, to float64) string {
	a, b := fmt.Sprintf(format, from), fmt.Sprintf(format, to)
	if a == b {
		return a
	}
	return a + " to " + b
}

// printRows prints a row for each contender, as the table of boards in docs/performance.md has them.
func (r *report) printRows(w io.Writer) error {
	board := cmp.Or(r.After.Board, r.CPU)
	fmt.Fprint(w, "| board | clock | model | kernels | threads | min | median | preprocess | temperature | throttled | version |\n"+
		"|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, c := range r.Contenders {
		s := c.Stages[stageInference]
		_, err := fmt.Fprintf(w, "| %s | %.2f GHz | %s | %s | %d | %.1f | %.1f | %.1f | %s | %s | %s |\n", board, r.GHz,
			strings.TrimSuffix(filepath.Base(c.Model), ".tflite"), cmp.Or(c.Kernels, c.Engine), c.Threads, s.Min, s.Median,
			c.Stages[stagePreprocess].Median, r.heat(), cmp.Or(r.After.Throttled, "unknown"), r.version)
		if err != nil {
			return err
		}
	}
	return nil
}
