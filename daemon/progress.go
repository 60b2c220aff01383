package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/inceptiond/inceptiond/infer/catalogue/pull"
	"github.com/inceptiond/inceptiond/infer/learn"
)

// How often the progress of a download is shown: on a terminal, and to a file or a pipe, where it takes a line each time.
const (
	barInterval  = 100 * time.Millisecond
	lineInterval = 10 * time.Second
)

// progress shows how far downloads are.
type progress struct {
	w        io.Writer
	terminal bool

	name        string
	first, from time.Time // of this file: when it began; what was shown last
	begun       int64     // bytes that it had then
	drawn       bool      // there is a bar on the terminal
}

func newProgress(w io.Writer) *progress {
	return &progress{w: w, terminal: isTerminal(w)}
}

func (p *progress) report(now pull.Progress) {
	at := time.Now()
	if now.Name != p.name {
		p.name, p.first, p.from, p.begun = now.Name, at, at, now.Have
		return
	}
	if p.due(at) {
		p.draw(at, progressLine(now, float64(now.Have-p.begun)/at.Sub(p.first).Seconds()))
	}
}

// due tells whether it is time to show something again.
func (p *progress) due(at time.Time) bool {
	interval := lineInterval
	if p.terminal {
		interval = barInterval
	}
	return at.Sub(p.from) >= interval
}

// draw shows a line, in the place of the one before on a terminal.
func (p *progress) draw(at time.Time, line string) {
	p.from = at
	if !p.terminal {
		fmt.Fprintln(p.w, line)
		return
	}
	fmt.Fprint(p.w, "\r", line, "\x1b[K") // erases the rest of the line (ECMA-48, EL)
	p.drawn = true
}

// count shows on a terminal how many of all pictures are done.
func (p *progress) count(done, all int) {
	at := time.Now()
	if p.first.IsZero() {
		p.first = at
	}
	if !p.terminal || !p.due(at) {
		return
	}
	line := fmt.Sprintf("%s %d of %d pictures", bar(int64(done), int64(all)), done, all)
	if left := time.Duration(float64(at.Sub(p.first)) / float64(done) * float64(all-done)); done > 1 && left > time.Second {
		line += fmt.Sprintf(", %v left", left.Round(time.Second))
	}
	p.draw(at, line)
}

// training shows on a terminal how far a training is.
func (p *progress) training(now learn.Progress) {
	at := time.Now()
	if !p.terminal || !p.due(at) && now.Stage == p.name {
		return
	}
	p.name = now.Stage
	p.draw(at, fmt.Sprintf("%s %s %d of %d", bar(int64(now.Done), int64(max(now.Total, 1))), now.Stage, now.Done, now.Total))
}

// stage shows how far a stage of long work is, in a line now and then where there is no terminal.
func (p *progress) stage(name string, done, total int) {
	at := time.Now()
	if p.from.IsZero() {
		p.from = at
	}
	if !p.due(at) && (!p.terminal || name == p.name) {
		return
	}
	p.name = name
	p.draw(at, fmt.Sprintf("%s %s: %d of %d", bar(int64(done), int64(max(total, 1))), name, done, total))
}

// clear takes the bar away.
func (p *progress) clear() {
	if p.drawn {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.drawn = false
	}
}

// progressLine is "[#####-----] 1.8 MB of 3.6 MB, 410 kB/s  mobilenet_v2_1.0_224_quant.tflite".
func progressLine(now pull.Progress, rate float64) string {
	if now.Size <= 0 {
		return fmt.Sprintf("%s, %s/s  %s", pull.MB(now.Have), pull.MB(int64(rate)), now.Name)
	}
	return fmt.Sprintf("%s %s of %s, %s/s  %s", bar(now.Have, now.Size), pull.MB(now.Have), pull.MB(now.Size), pull.MB(int64(rate)), now.Name)
}

// bar is "[#####-----]".
func bar(have, size int64) string {
	const width = 20
	done := int(min(have*width/size, width))
	return "[" + strings.Repeat("#", done) + strings.Repeat("-", width-done) + "]"
}
