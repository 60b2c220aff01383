package gpio

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	periph "periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"

	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

// bench is a board of fake pins, which notes what is done to them. Its clock is that of a bubble.
type bench struct {
	publishtest.Recorder
	begin time.Time

	mu     sync.Mutex
	pins   map[string]*fakePin
	notes  []string
	busy   map[string]error // of lines that cannot be had
	broken map[string]error // of outputs that cannot be switched
	fired  []string         // triggers
}

// fakePin is a pin of periph's gpiotest that can be given back.
type fakePin struct {
	*gpiotest.Pin
	b    *bench
	line string
	once sync.Once
}

func newBench() *bench {
	return &bench{begin: time.Now(), pins: map[string]*fakePin{}, busy: map[string]error{}, broken: map[string]error{}}
}

func (b *bench) open(o Options) *Publisher {
	return Open(o, Surroundings{Out: b, Trigger: b.trigger, Log: zap.NewNop(), Open: b.line})
}

func (b *bench) line(chip, line string, debounce time.Duration) (Pin, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.busy[line]; err != nil {
		return nil, err
	}
	p := &fakePin{Pin: &gpiotest.Pin{N: line, EdgesChan: make(chan periph.Level, 16)}, b: b, line: line}
	b.pins[line] = p
	b.noteLocked("%s open", line)
	return p, nil
}

func (b *bench) noteLocked(format string, args ...any) {
	b.notes = append(b.notes, fmt.Sprintf("%v ", time.Since(b.begin))+fmt.Sprintf(format, args...))
}

// took are the notes so far, once everybody sleeps; they are forgotten.
func (b *bench) took() string {
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	notes := strings.Join(b.notes, ", ")
	b.notes = nil
	return notes
}

func (b *bench) trigger(input string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fired = append(b.fired, fmt.Sprintf("%v %s", time.Since(b.begin), input))
}

func (p *fakePin) Out(l periph.Level) error {
	p.b.mu.Lock()
	defer p.b.mu.Unlock()
	if err := p.b.broken[p.line]; err != nil {
		return err
	}
	p.b.noteLocked("%s %v", p.line, l)
	return p.Pin.Out(l)
}

// WaitForEdge is gpiotest's, which takes the level over from the channel by Out.
func (p *fakePin) WaitForEdge(timeout time.Duration) bool { return p.Pin.WaitForEdge(timeout) }

func (p *fakePin) Halt() error {
	p.once.Do(func() { close(p.EdgesChan) })
	return nil
}

func (p *fakePin) Close() error {
	p.b.mu.Lock()
	defer p.b.mu.Unlock()
	p.b.noteLocked("%s closed", p.line)
	return nil
}

// edge gives an input another level.
func (b *bench) edge(line string, l periph.Level) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pins[line].EdgesChan <- l
}

// status is the newest one, as JSON from its pins on.
func (b *bench) status(t *testing.T) string {
	t.Helper()
	synctest.Wait()
	all := b.Messages()
	if len(all) == 0 {
		t.Fatal("no status")
	}
	text := string(all[len(all)-1].(publish.GPIOStatus).AppendJSON(nil))
	return text[strings.Index(text, `"dry_run"`):strings.Index(text, `,"time"`)]
}

func decided(t *testing.T, p *Publisher, label string) {
	t.Helper()
	if err := p.Publish(t.Context(), publish.Decision{Camera: "drive", Label: label}); err != nil {
		t.Fatal(err)
	}
}

func state(t *testing.T, p *Publisher, s publish.CameraState) {
	t.Helper()
	if err := p.Publish(t.Context(), publish.CameraStatus{Camera: "drive", State: s}); err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

// one is options of one output, lamp.
func one(o Output) Options {
	o.Line = "GPIO27"
	return Options{Device: "pi", Outputs: map[string]Output{"lamp": o}}
}

func TestOutput(t *testing.T) {
	for activeLow, level := range map[bool][2]string{false: {"Low", "High"}, true: {"High", "Low"}} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench()
			p := b.open(one(with(lamp, func(o *Output) { o.ActiveLow = activeLow })))
			expect(t, "at the start", b.took(), "0s GPIO27 open, 0s GPIO27 "+level[0])
			expect(t, "the status", b.status(t), `"dry_run":false,"inputs":{},"outputs":{"lamp":{"on":false,"reason":"drive is connecting"}}`)
			time.Sleep(5 * time.Second)
			state(t, p, publish.CameraOnline)
			decided(t, p, "dog")
			expect(t, "a dog", b.took(), "5s GPIO27 "+level[1])
			expect(t, "the status", b.status(t), `"dry_run":false,"inputs":{},"outputs":{"lamp":{"on":true,"reason":"drive: dog"}}`)
			decided(t, p, "")
			time.Sleep(5 * time.Second)
			expect(t, "none", b.took(), "6s GPIO27 "+level[0])
			decided(t, p, "cat")
			expect(t, "a cat", b.took(), "10s GPIO27 "+level[1])
			if err := p.Close(); err != nil {
				t.Error(err)
			}
			expect(t, "at the end", b.took(), "10s GPIO27 "+level[0]+", 10s GPIO27 closed")
			expect(t, "the last status", b.status(t), `"dry_run":false,"inputs":{},"outputs":{"lamp":{"on":false,"reason":"the daemon has stopped"}}`)
			if err := p.Publish(t.Context(), publishtest.Unknown{}); !errors.Is(err, publish.ErrClosed) {
				t.Error(err)
			}
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// An output follows a count; a pulse comes as it rises. Of labels that are not known beforehand there was none until they come.
func TestCounts(t *testing.T) {
	counted := func(t *testing.T, p *Publisher, counts ...publish.Count) {
		if err := p.Publish(t.Context(), publish.Decision{Camera: "drive", Counts: counts}); err != nil {
			t.Fatal(err)
		}
	}
	for more, want := range map[bool]string{false: "", true: "2s GPIO27 High, 3s GPIO27 Low"} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench()
			p := b.open(one(bell))
			defer p.Close()
			if err := p.Publish(t.Context(), publish.Inventory{Cameras: []publish.Listed{{Name: "drive", CountsMore: more}}}); err != nil {
				t.Fatal(err)
			}
			state(t, p, publish.CameraOnline)
			time.Sleep(2 * time.Second)
			b.took()
			counted(t, p, publish.Count{Label: "mouse", N: 1})
			counted(t, p, publish.Count{Label: "mouse", N: 1}, publish.Count{Label: "dog", N: 1})
			time.Sleep(2 * time.Second)
			expect(t, fmt.Sprint("a dog that comes, more: ", more), b.took(), want)
			counted(t, p, publish.Count{Label: "dog", N: 2})
			expect(t, "another dog", b.took(), "4s GPIO27 High")
			expect(t, "the status", b.status(t), `"dry_run":false,"inputs":{},"outputs":{"lamp":{"on":true,"reason":"drive: dog 2"}}`)
			if err := p.Publish(t.Context(), publish.Inventory{}); err != nil || len(p.cameras) > 0 {
				t.Errorf("%v, and it remembers %v", err, p.cameras)
			}
		})
	}
}

// A line that cannot be had, or is lost, is tried again with growing pauses; then it has the level that it should have.
func TestErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.busy["GPIO27"] = errors.New("line 27 is used by spi0")
		p := b.open(one(lamp))
		defer p.Close()
		expect(t, "busy", b.status(t), `"dry_run":false,"inputs":{},"outputs":{"lamp":{"on":false,"reason":"drive is connecting","error":"line 27 is used by spi0"}}`)
		state(t, p, publish.CameraOnline)
		decided(t, p, "dog")
		time.Sleep(time.Hour)
		expect(t, "nothing", b.took(), "")
		b.mu.Lock()
		delete(b.busy, "GPIO27")
		b.mu.Unlock()
		time.Sleep(time.Minute)
		if got := b.took(); !strings.HasSuffix(got, "s GPIO27 High") || strings.Contains(got, "Low") {
			t.Errorf("free again: %s", got)
		}
		expect(t, "free again", b.status(t), `"dry_run":false,"inputs":{},"outputs":{"lamp":{"on":true,"reason":"drive: dog"}}`)

		b.mu.Lock()
		b.broken["GPIO27"] = errors.New("unplugged")
		b.mu.Unlock()
		decided(t, p, "")
		if got := b.took(); !strings.HasSuffix(got, "GPIO27 closed") {
			t.Errorf("unplugged: %s", got)
		}
		expect(t, "unplugged", b.status(t), `"dry_run":false,"inputs":{},"outputs":{"lamp":{"on":false,"reason":"drive: none","error":"unplugged"}}`)
		b.mu.Lock()
		delete(b.broken, "GPIO27")
		b.mu.Unlock()
		time.Sleep(2 * time.Second)
		if got := b.took(); !strings.HasSuffix(got, "GPIO27 Low") {
			t.Errorf("plugged in again: %s", got)
		}
	})
}

func TestDryRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		o := one(lamp)
		o.DryRun = true
		p := b.open(o)
		time.Sleep(time.Second)
		state(t, p, publish.CameraOnline)
		decided(t, p, "dog")
		expect(t, "the status", b.status(t), `"dry_run":true,"inputs":{},"outputs":{"lamp":{"on":true,"reason":"drive: dog"}}`)
		p.Close()
		expect(t, "opened", b.took(), "")
	})
}

// A heartbeat is told once, not with each beat.
func TestHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		p := b.open(one(Output{Mode: Heartbeat}))
		defer p.Close()
		b.took()
		for range 3 {
			p.Beat(true)
			time.Sleep(time.Second - time.Millisecond)
		}
		expect(t, "beats", b.took(), "0s GPIO27 High, 500ms GPIO27 Low, 1s GPIO27 High, 1.5s GPIO27 Low, 2s GPIO27 High, 2.5s GPIO27 Low")
		expect(t, "the status", b.status(t), `"dry_run":false,"inputs":{},"outputs":{"lamp":{"on":true,"reason":"signs of life"}}`)
		if n := len(b.Messages()); n != 2 {
			t.Errorf("%d messages, want 2", n)
		}
		time.Sleep(time.Second / 4)
		p.Beat(false)
		expect(t, "ill", b.took(), "3s GPIO27 High, 3.247s GPIO27 Low")
	})
}

func TestInput(t *testing.T) {
	for activeLow, level := range map[bool][2]periph.Level{false: {periph.Low, periph.High}, true: {periph.High, periph.Low}} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench()
			pull := map[bool]Pull{false: PullDown, true: PullUp}[activeLow]
			p := b.open(Options{Inputs: map[string]Input{"pir": {Line: "GPIO17", Pull: pull, ActiveLow: activeLow}}})
			expect(t, "at the start", b.status(t), `"dry_run":false,"inputs":{"pir":{"active":false}},"outputs":{}`)
			time.Sleep(time.Second)
			b.edge("GPIO17", level[1])
			expect(t, "active", b.status(t), `"dry_run":false,"inputs":{"pir":{"active":true}},"outputs":{}`)
			time.Sleep(time.Second / 2)
			b.edge("GPIO17", level[0])
			expect(t, "inactive", b.status(t), `"dry_run":false,"inputs":{"pir":{"active":false}},"outputs":{}`)
			time.Sleep(time.Hour)
			b.edge("GPIO17", level[0]) // it was active for so short a time that we are too late to see it
			synctest.Wait()
			p.Close()
			want := "[1s pir 1.2s pir 1.4s pir 1h0m1.5s pir]"
			if got := fmt.Sprint(b.fired); got != want {
				t.Errorf("triggers %s, want %s", got, want)
			}
		})
	}
}

// An input whose line is taken, or goes, is told and tried again.
func TestInputErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.busy["GPIO17"] = errors.New("no such chip")
		p := b.open(Options{Inputs: map[string]Input{"pir": {Line: "GPIO17"}}})
		defer p.Close()
		expect(t, "no chip", b.status(t), `"dry_run":false,"inputs":{"pir":{"active":false,"error":"no such chip"}},"outputs":{}`)
		b.mu.Lock()
		delete(b.busy, "GPIO17")
		b.mu.Unlock()
		time.Sleep(time.Minute)
		expect(t, "there", b.status(t), `"dry_run":false,"inputs":{"pir":{"active":false}},"outputs":{}`)
	})
}

// goneAtOnce is an input whose chip goes.
type goneAtOnce struct{ Pin }

func (goneAtOnce) WaitForEdge(time.Duration) bool { return false }

func TestInputGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, opens := newBench(), 0
		p := Open(Options{Inputs: map[string]Input{"pir": {Line: "GPIO17", Pull: PullUp}}}, Surroundings{Out: b, Trigger: b.trigger, Log: zap.NewNop(),
			Open: func(chip, line string, debounce time.Duration) (Pin, error) {
				opens++
				pin, err := b.line(chip, line, debounce)
				return goneAtOnce{pin}, err
			}})
		time.Sleep(time.Hour)
		expect(t, "gone", b.status(t), `"dry_run":false,"inputs":{"pir":{"active":false,"error":"the line is gone"}},"outputs":{}`)
		p.Close()
		if opens > 5000 {
			t.Errorf("opened %d times in an hour", opens)
		}
	})
}

// A reload leaves lines alone that have the same use, gives lines back before they are asked for again, and moves what moves.
func TestUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		on := func(line string) Output { return with(lamp, func(o *Output) { o.Line = line }) }
		p := b.open(Options{
			Outputs: map[string]Output{"a": on("1"), "b": on("2")},
			Inputs:  map[string]Input{"pir": {Line: "3"}, "door": {Line: "4"}},
		})
		time.Sleep(time.Second)
		state(t, p, publish.CameraOnline)
		decided(t, p, "dog")
		b.took()
		step := func(what string, next Options, want ...string) {
			t.Helper()
			time.Sleep(time.Minute)
			p.Update(next)
			got := strings.Split(b.took(), ", ")
			for i := range got {
				_, got[i], _ = strings.Cut(got[i], " ")
			}
			slices.Sort(want)
			sorted := slices.Sorted(slices.Values(got))
			if len(want) == 0 {
				want = []string{""}
			}
			if !slices.Equal(sorted, want) {
				t.Errorf("%s: %q, want %q", what, got, want)
			}
			for _, line := range []string{"1", "2", "3", "4"} {
				if shut, open := slices.Index(got, line+" closed"), slices.Index(got, line+" open"); open >= 0 && shut > open {
					t.Errorf("%s: line %s is asked for before it is given back: %q", what, line, got)
				}
			}
		}
		inputs := map[string]Input{"pir": {Line: "3"}, "door": {Line: "4"}}
		step("nothing", Options{Outputs: map[string]Output{"a": on("1"), "b": on("2")}, Inputs: inputs})
		step("another name and other classes", Options{Outputs: map[string]Output{"c": with(on("1"), func(o *Output) { o.Classes = []string{"dog"} }), "b": on("2")}, Inputs: inputs})
		step("active low", Options{Outputs: map[string]Output{"c": with(on("1"), func(o *Output) { o.ActiveLow = true }), "b": on("2")}, Inputs: inputs}, "1 Low")
		step("it leaves", Options{Outputs: map[string]Output{"b": on("2")}, Inputs: inputs}, "1 High", "1 closed")
		step("it comes", Options{Outputs: map[string]Output{"a": on("1"), "b": on("2")}, Inputs: inputs}, "1 open", "1 Low")
		time.Sleep(time.Second)
		expect(t, "after its rest it is on", strings.Fields(b.took())[2], "High")
		step("outputs and inputs change places", Options{
			Outputs: map[string]Output{"a": on("3"), "b": on("2")}, Inputs: map[string]Input{"pir": {Line: "1"}, "door": {Line: "4"}},
		}, "1 Low", "1 closed", "3 closed", "3 open", "3 Low", "1 open")
		time.Sleep(time.Minute)
		b.took()
		step("another chip", Options{Chip: "expander", Outputs: map[string]Output{"b": on("2")}, Inputs: map[string]Input{"door": {Line: "4"}}},
			"1 closed", "2 Low", "2 closed", "2 Low", "2 open", "3 Low", "3 closed", "4 closed", "4 open")
		time.Sleep(time.Minute)
		b.took()
		step("nothing any more", Options{}, "2 Low", "2 closed", "4 closed")
		expect(t, "the status", b.status(t), `"dry_run":false,"inputs":{},"outputs":{}`)
		p.Close()
	})
}

// A chip that hangs holds up neither the messages, nor the other pins, nor the end for long.
func TestHangingChip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		hang := make(chan struct{})
		p := Open(Options{Outputs: map[string]Output{"a": with(lamp, func(o *Output) { o.Line = "1" }), "b": with(lamp, func(o *Output) { o.Line = "2" })}},
			Surroundings{Out: b, Trigger: b.trigger, Log: zap.NewNop(), Open: func(chip, line string, debounce time.Duration) (Pin, error) {
				if line == "1" {
					<-hang
					return nil, errors.New("hung")
				}
				return b.line(chip, line, debounce)
			}})
		time.Sleep(time.Second)
		state(t, p, publish.CameraOnline)
		decided(t, p, "dog")
		expect(t, "the other", b.took(), "0s 2 open, 0s 2 Low, 2s 2 High")
		begin := time.Now()
		p.Close()
		if took := time.Since(begin); took > 3*time.Second {
			t.Errorf("Close took %v", took)
		}
		close(hang)
	})
}

// Decisions come from many goroutines while the config changes.
func TestConcurrent(t *testing.T) {
	b := newBench()
	p := b.open(one(bell))
	var busy sync.WaitGroup
	for g := range 4 {
		busy.Go(func() {
			for i := range 200 {
				for _, m := range publishtest.Samples(fmt.Sprint("label", i)) {
					if err := p.Publish(t.Context(), m); err != nil {
						t.Error(err)
					}
				}
				p.Beat(g%2 == 0)
				state(t, p, publish.CameraOnline)
				decided(t, p, "dog")
			}
		})
	}
	for i := range 20 {
		o := one([]Output{lamp, bell, {Mode: Heartbeat}}[i%3])
		o.DryRun = i%2 == 0
		p.Update(o)
	}
	busy.Wait()
	p.Close()
}
