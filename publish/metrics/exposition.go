package metrics

import (
	"bytes"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/inceptiond/inceptiond/internal/order"
)

// mediaType is that of Prometheus's text format, which all that scrape can read:
// https://prometheus.io/docs/instrumenting/exposition_formats.
const mediaType = "text/plain; version=0.0.4; charset=utf-8"

// figures are metrics, and what is known of them at one moment. The zero value has none.
type figures struct {
	families map[string]*family // by the name of the metric
}

// family is a metric with its series.
type family struct {
	Metric
	series []series
}

// series is what is known of a metric for some values of its labels.
type series struct {
	values []string
	lines  []byte // of the text format: one, or all of a histogram or summary
}

// point is a line of a histogram or summary: the value of the label that tells its lines apart, and the line's.
type point struct {
	at    string
	value float64
}

// value adds a gauge or counter. values are those of m's labels.
func (f *figures) value(m Metric, value float64, values ...string) {
	f.add(m, values, appendLine(nil, m.Name, m.Labels, values, value))
}

// histogram adds what h has counted.
func (f *figures) histogram(m Metric, h *histogram, values ...string) {
	points := make([]point, 0, len(h.buckets)+1)
	upTo := uint64(0)
	for i, most := range stageBuckets() {
		upTo += h.buckets[i]
		points = append(points, point{number(most), float64(upTo)})
	}
	points = append(points, point{"+Inf", float64(h.count)})
	f.spread(m, m.Name+"_bucket", "le", points, h.sum, h.count, values)
}

// summary adds quantiles of something that happened count times.
func (f *figures) summary(m Metric, quantiles []point, sum float64, count uint64, values ...string) {
	f.spread(m, m.Name, "quantile", quantiles, sum, count, values)
}

// spread adds points, as lines of that name which one more label tells apart, and what they come to.
func (f *figures) spread(m Metric, name, label string, points []point, sum float64, count uint64, values []string) {
	var lines []byte
	for _, p := range points {
		lines = appendLine(lines, name, append(slices.Clip(m.Labels), label), append(slices.Clip(values), p.at), p.value)
	}
	lines = appendLine(lines, m.Name+"_sum", m.Labels, values, sum)
	f.add(m, values, appendLine(lines, m.Name+"_count", m.Labels, values, float64(count)))
}

func (f *figures) add(m Metric, values []string, lines []byte) {
	if f.families == nil {
		f.families = map[string]*family{}
	}
	of := f.families[m.Name]
	if of == nil {
		of = &family{Metric: m}
		f.families[m.Name] = of
	}
	of.series = append(of.series, series{values, lines})
}

// write writes the metrics with those names, or all if there are none, in order.
func (f *figures) write(to io.Writer, names []string) error {
	var text bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(f.families)) {
		if len(names) == 0 || slices.Contains(names, name) {
			f.families[name].write(&text)
		}
	}
	_, err := to.Write(text.Bytes())
	return err
}

func (f *family) write(to *bytes.Buffer) {
	to.WriteString("# HELP " + f.Name + " " + f.Help + "\n# TYPE " + f.Name + " " + f.Type + "\n")
	order.Sort(f.series, func(a, b series) int { return slices.Compare(a.values, b.values) })
	for _, s := range f.series {
		to.Write(s.lines)
	}
}

// appendLine adds a line such as name{label="value"} 1.
func appendLine(to []byte, name string, labels, values []string, value float64) []byte {
	to = append(to, name...)
	before := byte('{')
	for i, label := range labels {
		to = append(append(append(append(append(to, before), label...), `="`...), escape(values[i])...), '"')
		before = ','
	}
	if before == ',' {
		to = append(to, '}')
	}
	return append(append(append(to, ' '), number(value)...), '\n')
}

// escape makes a label's value one that may stand between quotes. What is not UTF-8, which nobody could read, is replaced.
func escape(value string) string {
	value = strings.ToValidUTF8(value, "\uFFFD")
	if !strings.ContainsAny(value, "\\\n\"") {
		return value
	}
	return strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`).Replace(value)
}

func number(value float64) string { return strconv.FormatFloat(value, 'g', -1, 64) }
