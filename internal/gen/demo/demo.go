// Package demo makes the model that is built into inceptiond, which tells the scenes of capture/demo apart.
//
// It is a small Inception. Nothing of its trunk is trained: the filters come from a textbook or a seed, and are only
// balanced, so that on some calibration scenes every channel varies by as much. What is trained is the head, a linear
// classifier, on the numbers that the engine itself computes for a few thousand scenes; so no rounding of the engine
// comes as a surprise to it.
//
// The result is a function of the code alone: the same bytes on every machine.
package demo

import (
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	scenes "github.com/inceptiond/inceptiond/capture/demo"
	"github.com/inceptiond/inceptiond/infer/model/write"
)

// Seeds of everything random. Tests of the model use others.
const (
	trunkSeed = iota + 1
	calibrationSeed
	trainingSeed
	orderSeed
)

const (
	calibration = 36   // scenes
	training    = 3000 // scenes
)

// Generate returns the model's file and its labels, one a line.
func Generate() (file, labels []byte, err error) {
	names := scenes.Labels()
	seen, err := pictures(calibrationSeed, calibration)
	if err != nil {
		return nil, nil, err
	}
	g := newGraph(seen)
	if err := build(g, rand.New(rand.NewPCG(trunkSeed, 0))); err != nil {
		return nil, nil, err
	}
	lessons, err := examples(&g.m, trainingSeed, training)
	if err != nil {
		return nil, nil, err
	}
	k := learn(rand.New(rand.NewPCG(orderSeed, 0)), lessons, len(names))
	if err := addHead(g, k, lessons); err != nil {
		return nil, nil, err
	}
	g.m.Description = "the demo model of inceptiond: a small Inception that knows the scenes of its demo camera"
	if file, err = write.Model(&g.m); err != nil {
		return nil, nil, err
	}
	return file, []byte(strings.Join(names, "\n") + "\n"), nil
}

// Command writes model.tflite and labels.txt; it implements `gen demo`.
func Command(args []string, out io.Writer) error {
	f := flag.NewFlagSet("gen demo", flag.ContinueOnError)
	f.SetOutput(out)
	dir := f.String("dir", filepath.Join("infer", "demomodel"), "the `folder` to write to")
	if err := f.Parse(args); err != nil {
		return err
	}
	file, labels, err := Generate()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(*dir, "model.tflite"), file, 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(*dir, "labels.txt"), labels, 0o644); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s: model.tflite, %d bytes; labels.txt\n", *dir, len(file))
	return err
}

// workers is how many goroutines draw and compute; what they yield does not depend on it.
func workers() int { return runtime.GOMAXPROCS(0) }
