// Package lines writes results as text, one line each, for people at a terminal or as JSON for programs:
//
//	20:07:57.123  demo  red circle 98%, ring 1%   wait  0.3 ms  pre  1.2 ms  infer  35.0 ms  total  36.9 ms
//
// A line is one Write call, so that lines of several goroutines never mix.
package lines

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/inceptiond/inceptiond/publish"
)

// Options say how lines look.
type Options struct {
	JSON bool // the messages of docs/messages.md, one per line, instead of text

	// Wait makes Publish wait until its line is written, so that a slow reader gets every result. Otherwise Publish
	// never waits, and lines for which a reader that stands still has no room are left out; in text, a line tells how
	// many.
	Wait bool
}

// Writer writes a line for every result, and every status of a camera or its engine: for the kinds of messages that the
// table of kinds says. It is a publish.Publisher.
type Writer struct {
	options  Options
	location *time.Location
	out      *outlet

	mu      sync.Mutex // also keeps the lines in order
	columns [2]int     // the widest camera and answer so far, in characters
	closed  bool
}

var _ publish.Publisher = (*Writer)(nil)

// widestColumn ends the growth of a column: one long answer shall not push all later lines to the right.
const widestColumn = 48

// New returns a Writer on w; Close ends it. It does not own w, and never closes it.
func New(w io.Writer, o Options) *Writer {
	gap := func(missed int64) []byte { return fmt.Appendf(nil, "(%d lines not shown)\n", missed) }
	if o.JSON {
		gap = nil
	}
	return &Writer{options: o, location: time.Local, out: newOutlet(w, gap)}
}

// Publish writes the line of m. Its error is that of the underlying Write (a broken pipe, a full disk): of this line with
// Options.Wait, else of an earlier one. With Options.Wait it gives up soon after ctx has ended.
func (l *Writer) Publish(ctx context.Context, m publish.Message) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return publish.ErrClosed
	}
	if !m.Key().Kind.Lines {
		return nil
	}
	line, ok := l.line(m)
	if !ok {
		return nil
	}
	return l.write(ctx, line)
}

// line is the line of m without its end, if it has one.
func (l *Writer) line(m publish.Message) ([]byte, bool) {
	if l.options.JSON {
		j, ok := m.(publish.JSON)
		if !ok {
			return nil, false
		}
		return j.AppendJSON(nil), true
	}
	switch m := m.(type) {
	case *publish.Result:
		return l.result(m), true
	case publish.CameraStatus:
		return l.status(m.Time, m.Camera, "camera "+string(m.State), m.Reason), true
	case publish.EngineStatus:
		return l.status(m.Time, m.Camera, engineText(m), engineReason(m)), true
	}
	return nil, false
}

// result makes the line of r.
func (l *Writer) result(r *publish.Result) []byte {
	line := r.Time.In(l.location).AppendFormat(nil, "15:04:05.000")
	line = append(line, "  "...)
	line = l.appendColumn(line, 0, printable(r.Camera))
	line = append(line, "  "...)
	line = l.appendColumn(line, 1, answer(r))
	line = fmt.Appendf(line, "  wait %5.1f ms  pre %5.1f ms  infer %6.1f ms",
		publish.Milliseconds(r.Stages.Wait), publish.Milliseconds(r.Stages.Preprocess), publish.Milliseconds(r.Stages.Inference))
	if r.Stages.Then > 0 {
		line = fmt.Appendf(line, "  then %6.1f ms", publish.Milliseconds(r.Stages.Then))
	}
	return fmt.Appendf(line, "  total %6.1f ms", publish.Milliseconds(r.Stages.Total))
}

// engineText is what s says: "engine cpu in place of tflite", "engine cpu, then engine edgetpu".
func engineText(s publish.EngineStatus) string {
	text := "engine " + s.Engine
	switch s.State {
	case publish.EngineFallback:
		text += " in place of " + s.Wanted
	case publish.EngineDown:
		text = "engine " + s.Wanted + " down"
	}
	if s.Then != nil {
		text += ", then " + engineText(*s.Then)
	}
	return text
}

// engineReason is why: of both models, if the second one's engine is not the wanted one.
func engineReason(s publish.EngineStatus) string {
	if s.Then == nil || s.Then.State == publish.EngineRunning {
		return s.Reason
	}
	return strings.TrimPrefix(s.Reason+"; then "+s.Then.Reason, "; then ")
}

// status makes the line of a camera's change.
func (l *Writer) status(t time.Time, camera, text, reason string) []byte {
	line := t.In(l.location).AppendFormat(nil, "15:04:05.000")
	line = append(line, "  "...)
	line = l.appendColumn(line, 0, printable(camera))
	line = append(append(line, "  "...), printable(text)...)
	if reason != "" {
		line = append(append(line, ": "...), printable(reason)...)
	}
	return line
}

// Close ends the writing, after the lines that still wait.
func (l *Writer) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.out.close()
	}
	l.closed = true
	return nil
}

// write ends the line and hands it over.
func (l *Writer) write(ctx context.Context, text []byte) (err error) {
	text = append(text, '\n')
	if l.options.Wait {
		err = l.out.put(ctx, text)
	} else {
		err = l.out.offer(text)
	}
	if err != nil {
		return fmt.Errorf("lines: write: %w", err)
	}
	return nil
}

// appendColumn pads text to the widest that the column has seen.
func (l *Writer) appendColumn(dst []byte, column int, text string) []byte {
	width := utf8.RuneCountInString(text)
	l.columns[column] = max(l.columns[column], min(width, widestColumn))
	dst = append(dst, text...)
	for ; width < l.columns[column]; width++ {
		dst = append(dst, ' ')
	}
	return dst
}

// answer is what r found: "red circle 98%, ring 1%".
func answer(r *publish.Result) string {
	var b strings.Builder
	if r.Picture != "" {
		b.WriteString(printable(r.Picture) + ": ")
	}
	n := 0
	item := func(index int, label, value string) {
		if n++; n > 1 {
			b.WriteString(", ")
		}
		b.WriteString(class(index, label) + " " + value)
	}
	for _, p := range r.Predictions {
		item(p.Index, p.Label, score(p.Score))
	}
	for _, d := range r.Detections {
		value := percent(float64(d.Score))
		if len(d.Predictions) > 0 {
			p := d.Predictions[0]
			value += " (" + class(p.Index, p.Label) + " " + score(p.Score) + ")"
		}
		item(d.Index, d.Label, value)
	}
	for _, s := range r.Segments {
		item(s.Index, s.Label, percent(s.Share)+" of the picture")
	}
	for _, p := range r.Poses {
		item(0, "body", percent(float64(p.Score)))
	}
	if n == 0 {
		b.WriteString(nothing(r.Task))
	}
	return b.String()
}

// class is a class by its label, or else by its number.
func class(index int, label string) string {
	if label == "" {
		return fmt.Sprintf("class %d", index)
	}
	return printable(label)
}

// score is that of a class: "98%", or a number if it is no probability.
func score(v float32) string {
	if v < 0 || v > 1 {
		return fmt.Sprintf("%.4g", v)
	}
	return percent(float64(v))
}

// percent is a share of 1: "98%".
func percent(share float64) string { return fmt.Sprintf("%.0f%%", 100*share) }

// nothing says that a model for a task has found nothing.
func nothing(task string) string {
	switch task {
	case publish.TaskSegment:
		return "background alone"
	case publish.TaskEmbed:
		return "features"
	}
	return "nothing above the threshold"
}

// printable replaces what could move the cursor or colour a terminal: labels and file names come from elsewhere.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
