// Command peers times networks against other engines, in one run and in turns: `make bench-peers`. It is for the
// developers alone.
//
// ONNX Runtime runs the same network, written anew as .onnx; oneDNN its convolutions and pools alone, each in the formats
// that it likes best and with nothing in between, which flatters it. Those that are not there are left out, and it says so.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/model"
)

// options say what to time.
type options struct {
	runs    int
	settle  time.Duration // before each run: threads of other engines wait awake for a while
	dir     string        // of the peers, see .ci/peers
	threads []int
}

func main() {
	o := options{threads: []int{1, 2}}
	flag.IntVar(&o.runs, "runs", 10, "time each so many times")
	flag.DurationVar(&o.settle, "settle", 20*time.Millisecond, "wait so long before each run")
	flag.StringVar(&o.dir, "peers", "build/peers", "the folder of the peers")
	flag.Parse()
	if err := compare(os.Stdout, o, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

// compare prints a table of all models, and what is to be known of it.
func compare(w io.Writer, o options, paths []string) error {
	choice, err := cpu.Kernels()
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s, %d CPUs, kernels %v; %s; %s: %d runs each, in turns, after 2 that do not count, %v of rest before each.\n"+
		"Milliseconds of one inference, minimum and median, and how many times as long as ours the minimum is.\n\n",
		processor(), runtime.NumCPU(), choice, time.Now().Format(time.DateOnly), strings.Join(os.Args, " "), o.runs, o.settle)
	fmt.Fprint(w, "| network | threads | ours | TensorFlow Lite 2.9 | its XNNPACK | ONNX Runtime | oneDNN, convolutions and pools alone |\n|---|---|---|---|---|---|---|\n")
	notes := newNotes()
	for _, path := range paths {
		if err := o.compare(w, path, notes); err != nil {
			return err
		}
	}
	fmt.Fprintln(w)
	notes.print(w)
	return nil
}

// notes are what is to be said below the table, each once.
type notes struct {
	lines []string
	seen  map[string]bool
}

func newNotes() *notes { return &notes{seen: map[string]bool{}} }

func (n *notes) add(format string, args ...any) {
	if line := fmt.Sprintf(format, args...); !n.seen[line] {
		n.seen[line] = true
		n.lines = append(n.lines, line)
	}
}

func (n *notes) print(w io.Writer) {
	for _, line := range n.lines {
		fmt.Fprintln(w, line)
	}
}

// compare times one model and prints its rows.
func (o options) compare(w io.Writer, path string, notes *notes) error {
	n, err := read(path)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "peers")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := n.write(dir); err != nil {
		notes.add("%v", err)
	}
	contenders, err := o.open(n, notes)
	defer func() {
		for _, c := range contenders {
			if c != nil {
				c.close()
			}
		}
	}()
	if err != nil {
		return err
	}
	if err := o.time(contenders); err != nil {
		return err
	}
	o.print(w, title(path), contenders)
	return o.check(contenders, title(path), notes)
}

// read reads a model, and makes an input for it.
func read(path string) (*network, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	m, err := model.Parse(data, model.Limits{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	t := &m.Tensors[m.Inputs[0]]
	if t.Type != model.Uint8 || len(t.Shape) != 4 {
		return nil, fmt.Errorf("%s: the input is %v %v (want images of uint8)", path, t.Type, t.Shape)
	}
	in := make([]byte, t.Elements())
	for i := range in { // a slope with a pattern on it
		x, y := i/3%t.Shape[2], i/3/t.Shape[2]
		in[i] = byte(40 + 100*x/t.Shape[2] + 60*y/t.Shape[1] + (x/9+y/7)%2*40 + i%3*5)
	}
	return &network{path: path, model: m, input: in}, nil
}

// peers is how many contenders there are for each number of threads.
const peers = 5

// open opens all contenders, peers for each number of threads; nil for one that is not there. With an error it returns
// those that are open.
func (o options) open(n *network, notes *notes) ([]*contender, error) {
	var all []*contender
	for _, threads := range o.threads {
		c, err := n.ours("ours", engines.CPU, threads)
		if err != nil {
			return all, err
		}
		all = append(all, c)
		rest := []func() (*contender, string, error){
			func() (*contender, string, error) { return named(n.ours("TensorFlow Lite", engines.TFLite, threads)) },
			func() (*contender, string, error) { return named(n.ours("XNNPACK", engines.XNNPACK, threads)) },
			func() (*contender, string, error) { return n.onnxRuntime(o.dir, threads) },
			func() (*contender, string, error) { return n.oneDNN(o.dir, threads) },
		}
		for _, open := range rest {
			c, version, err := open()
			switch {
			case err != nil:
				notes.add("Not measured: %v.", err)
				c = nil
			case version != "":
				notes.add("%s is %s.", c.name, version)
			}
			all = append(all, c)
		}
	}
	return all, nil
}

func named(c *contender, err error) (*contender, string, error) { return c, "", err }

// time runs all in turns.
func (o options) time(contenders []*contender) error {
	for run := range 2 + o.runs {
		for _, c := range contenders {
			if c == nil {
				continue
			}
			time.Sleep(o.settle)
			took, err := c.run()
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			if run >= 2 {
				c.times = append(c.times, took)
			}
		}
	}
	return nil
}

// print prints a row for each number of threads.
func (o options) print(w io.Writer, name string, contenders []*contender) {
	for i, threads := range o.threads {
		row := contenders[i*peers : (i+1)*peers]
		fmt.Fprintf(w, "| %s | %d ", name, threads)
		for k, c := range row {
			switch {
			case c == nil:
				fmt.Fprint(w, "| - ")
			case k == 0:
				fmt.Fprintf(w, "| %.2f, %.2f ", milliseconds(c.min()), milliseconds(c.median()))
			default:
				fmt.Fprintf(w, "| %.2f, %.2f (%.2fx) ", milliseconds(c.min()), milliseconds(c.median()), float64(c.min())/float64(row[0].min()))
			}
		}
		fmt.Fprintln(w, "|")
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// check compares the answers with ours: a peer that runs something else would prove nothing.
func (o options) check(contenders []*contender, name string, notes *notes) error {
	want, err := contenders[0].answer()
	if err != nil {
		return err
	}
	for _, c := range contenders[1:peers] {
		if c == nil || c.answer == nil {
			continue
		}
		got, err := c.answer()
		if err != nil {
			return errors.Join(fmt.Errorf("%s", c.name), err)
		}
		notes.add("%s, answers of ours and %s: %s.", name, c.name, differences(want, got))
	}
	return nil
}

// processor is what the system calls it.
func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if key, value, _ := strings.Cut(line, ":"); strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}
