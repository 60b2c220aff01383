package quantize

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/inceptiond/inceptiond/internal/text"
)

// worstLayers is how many layers the report for people names.
const worstLayers = 5

// WriteText writes the report for people, without the warnings.
func (r *Report) WriteText(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "size\t%s\n", change(float64(r.Size[0])/1e6, float64(r.Size[1])/1e6, "MB"))
	fmt.Fprintf(table, "time of a run\t%s\n", change(text.Milliseconds(r.Float), text.Milliseconds(r.Quantized), "ms"))
	fmt.Fprintf(table, "operators\t%d in 8 bits\n", r.Operators)
	for _, k := range r.Kept {
		fmt.Fprintf(table, "\t%d %s stay in float32: %s\n", k.N, k.Name, k.Why)
	}
	fmt.Fprintf(table, "ranges\t%s, of %s%s\n", way(r.Ranges, r.Equalized), text.Plural(r.Pictures, "picture"), r.tried())
	which := "that ranges were measured with"
	if r.HeldOut {
		which = "that it had not seen"
	}
	fmt.Fprintf(table, "tested with\t%s %s\n", text.Plural(r.Agreement.Pictures, "picture"), which)
	for i := range r.Outputs {
		r.Outputs[i].write(table)
	}
	for i, l := range r.Layers[:min(worstLayers, len(r.Layers))] {
		title := ""
		if i == 0 {
			title = "worst layers"
		}
		fmt.Fprintf(table, "%s\t%5.1f %%  %.60s %v, at most %.3g\n", title, 100*l.Error, text.Printable(l.Name), l.Shape, l.Largest)
	}
	return table.Flush()
}

// change is "27.90 to 7.05 MB (25 %)".
func change(from, to float64, unit string) string {
	if from == 0 {
		return fmt.Sprintf("%.2f %s", to, unit)
	}
	return fmt.Sprintf("%.2f to %.2f %s (%.0f %%)", from, to, unit, 100*to/from)
}

// way names a way to quantize.
func way(ranges Ranges, equalized bool) string {
	if equalized {
		return string(ranges) + " equalized"
	}
	return string(ranges)
}

// tried says what came of the ways that were compared.
func (r *Report) tried() string {
	var list []string
	for _, t := range r.Tried {
		if len(t.Outputs) == 0 {
			continue
		}
		what, o := way(t.Ranges, t.Equalized), &t.Outputs[0]
		if o.Rows > 0 {
			what += fmt.Sprintf(" has %d of %d the same and", o.Same, o.Rows)
		}
		list = append(list, fmt.Sprintf("%s is %.2f %% off", what, 100*o.Error))
	}
	if list == nil {
		return ""
	}
	return " (" + strings.Join(list, ", ") + ")"
}

// write writes what the report says of an output.
func (o *Output) write(w io.Writer) {
	name := "output " + text.Printable(o.Name)
	if o.Rows > 0 {
		what := "best class"
		if o.cells() {
			what = "best class of each cell"
		}
		fmt.Fprintf(w, "%.40s\t%s the same: %s", name, what, ratio(o.Same, o.Rows))
		if o.kind == scoresOfClasses {
			fmt.Fprintf(w, "; where its score is %g or more: %s", sure, ratio(o.SureSame, o.Sure))
		}
		fmt.Fprintln(w)
		name = ""
	}
	if o.kind != numbersOfClasses {
		fmt.Fprintf(w, "%.40s\tlargest difference %.3g; %.2f %% off on average\n", name, o.Largest, 100*o.Error)
	}
	if o.Broken > 0 {
		fmt.Fprintf(w, "\t%d numbers cannot be compared: they are infinite, or none\n", o.Broken)
	}
}

// cells tells whether there is a class for each of several places.
func (o *Output) cells() bool {
	n := 1
	for _, d := range o.Shape {
		n *= d
	}
	return o.kind == numbersOfClasses && n > 1 || n > channelsOf(o.Shape)
}

// ratio is "97.5 % (39 of 40)".
func ratio(part, all int) string {
	if all == 0 {
		return "there is none"
	}
	return fmt.Sprintf("%.1f %% (%d of %d)", 100*share(part, all), part, all)
}
