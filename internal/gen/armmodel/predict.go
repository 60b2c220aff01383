package armmodel

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/inceptiond/inceptiond/infer/model"
)

// board is a computer, as far as the prediction knows it.
type board struct {
	name  string
	core  int     // in cores
	ghz   float64 // its clock
	bytes float64 // GB/s that weights can be read with from memory, by all cores together: an assumption
}

var boards = []board{
	{"Zero 2", 0, 1.0, 2.0},
	{"Pi 3", 0, 1.4, 2.2},
	{"Pi 4", 1, 1.8, 4.5},
	{"Pi 5", 2, 2.4, 9},
	{"Cortex-A720", 3, 2.6, 30},
}

// What the models do not know, as assumptions: cycles for an instruction of Go's, and what a step costs with several
// threads, whose ends wait for each other, in microseconds.
var (
	cyclesOfCode = perCore{1.5, 0.8, 0.5, 0.4}
	meeting      = 10.0
)

// cycles is the cycles of a layer on a core, one thread.
func (l *layer) cycles(k *kernels, core int) float64 {
	sum := l.code * cyclesOfCode[core]
	for _, u := range l.uses {
		sum += u.times * k.parts[u.part].cycles[core]
	}
	return sum
}

// instructions is the instructions of a layer.
func (l *layer) instructions(k *kernels) float64 {
	sum := l.code
	for _, u := range l.uses {
		sum += u.times * float64(k.parts[u.part].instructions)
	}
	return sum
}

// milliseconds is what layers take on a board: each as long as its computation, shared by threads, or its weights' way
// from memory, whichever is longer.
func (b *board) milliseconds(list []layer, k *kernels, threads int) float64 {
	total := 0.0
	for i := range list {
		l := &list[i]
		compute := l.cycles(k, b.core) / (b.ghz * 1e6) / float64(threads)
		if threads > 1 {
			compute += meeting / 1e3
		}
		total += max(compute, l.weights/(b.bytes*1e6))
	}
	return total
}

// network is a model file and its cost with each set of kernels.
type network struct {
	name, path string
	macs       float64
	layers     [sets][]layer
}

func readNetwork(path string) (network, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return network{}, err
	}
	m, err := model.Parse(data, model.Limits{})
	if err != nil {
		return network{}, fmt.Errorf("%s: %w", path, err)
	}
	n := network{name: strings.TrimSuffix(filepath.Base(path), ".tflite"), path: path, macs: float64(m.Stats().MACs)}
	for s := range sets {
		if n.layers[s], err = layers(m, s); err != nil {
			return network{}, fmt.Errorf("%s: %w", path, err)
		}
	}
	return n, nil
}

// of is the layers with the kernels that a core has.
func (n *network) of(core int) []layer { return n.layers[cores[core].set] }

// printPredictions prints milliseconds of each model on each board, and counts instructions if asked to.
func printPredictions(out io.Writer, k *kernels, models []string, binary string, count bool) error {
	fmt.Fprint(out, "\n| predicted ms | GMAC ")
	for _, b := range boards {
		fmt.Fprintf(out, "| %s %.1f GHz, 1 thread | 4 threads ", b.name, b.ghz)
	}
	fmt.Fprintf(out, "|\n|---|---%s|\n", strings.Repeat("|---|---", len(boards)))
	var list []network
	for _, path := range models {
		n, err := readNetwork(path)
		if err != nil {
			return err
		}
		list = append(list, n)
		fmt.Fprintf(out, "| %s | %.2f ", n.name, n.macs/1e9)
		for i := range boards {
			b := &boards[i]
			for _, threads := range []int{1, 4} {
				fmt.Fprintf(out, "| %.1f ", b.milliseconds(n.of(b.core), k, threads))
			}
		}
		fmt.Fprintln(out, "|")
	}
	if !count {
		return nil
	}
	return printCounts(out, k, list, binary)
}
