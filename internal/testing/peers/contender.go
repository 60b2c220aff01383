package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/testing/peers/onnx"
)

// contender is an engine with a network loaded, and how long its runs took.
type contender struct {
	name    string
	threads int
	run     func() (time.Duration, error)
	answer  func() ([]byte, error) // of the last run; nil for one that has none
	close   func()
	times   []time.Duration
}

func (c *contender) min() time.Duration { return slices.Min(c.times) }
func (c *contender) median() time.Duration {
	return slices.Sorted(slices.Values(c.times))[len(c.times)/2]
}

// network is a model file, and what the peers are given of it.
type network struct {
	path  string
	model *model.Model
	input []byte // NHWC
	files files
}

// files are the forms of a network that other processes read.
type files struct{ onnx, input, layers string }

// write puts the forms that others read into dir.
func (n *network) write(dir string) error {
	text, err := onnx.Export(n.model)
	if err != nil {
		return fmt.Errorf("%s: %w", n.path, err)
	}
	shape := n.model.Tensors[n.model.Inputs[0]].Shape
	channels, pixels := shape[3], shape[1]*shape[2]
	planes := make([]byte, len(n.input))
	for i, x := range n.input {
		planes[i%channels*pixels+i/channels] = x
	}
	n.files = files{filepath.Join(dir, "model.onnx"), filepath.Join(dir, "input"), filepath.Join(dir, "layers")}
	return errors.Join(os.WriteFile(n.files.onnx, text, 0o644), os.WriteFile(n.files.input, planes, 0o644),
		os.WriteFile(n.files.layers, []byte(layers(n.model)), 0o644))
}

// ours opens the network with an engine of package engines.
func (n *network) ours(name, engine string, threads int) (*contender, error) {
	m, err := engines.Load(context.Background(), n.path, engines.Options{File: n.path, Engine: engine, Threads: threads, Task: string(task.Unread)}, zap.NewNop())
	if err != nil {
		return nil, err
	}
	outs := infer.Buffers(m.Engine.Outputs())
	return &contender{
		name: name, threads: threads,
		run: func() (time.Duration, error) {
			begin := time.Now()
			_, err := m.Engine.Run(context.Background(), n.input, outs)
			return time.Since(begin), err
		},
		answer: func() ([]byte, error) { return slices.Concat(outs...), nil },
		close:  func() { m.Close() },
	}, nil
}

// onnxRuntime opens the network with ONNX Runtime, which lies in dir.
func (n *network) onnxRuntime(dir string, threads int) (*contender, string, error) {
	c, err := start([]string{"NODE_PATH=" + filepath.Join(dir, "node_modules")}, "node", "internal/testing/peers/ort/run.js",
		n.files.onnx, n.files.input, fmt.Sprint(threads))
	if err != nil {
		return nil, "", fmt.Errorf("ONNX Runtime: %w", err)
	}
	return &contender{name: "ONNX Runtime", threads: threads, run: c.run, answer: c.answer, close: c.close}, c.version, nil
}

// oneDNN opens the network's convolutions and pools with oneDNN, by the program in dir.
func (n *network) oneDNN(dir string, threads int) (*contender, string, error) {
	c, err := start([]string{fmt.Sprint("OMP_NUM_THREADS=", threads)}, filepath.Join(dir, "onednn"), n.files.layers)
	if err != nil {
		return nil, "", fmt.Errorf("oneDNN: %w", err)
	}
	return &contender{name: "oneDNN", threads: threads, run: c.run, close: c.close}, c.version, nil
}

// differences tells how many bytes of two answers differ, and by how much at most.
func differences(a, b []byte) string {
	if len(a) != len(b) {
		return fmt.Sprintf("%d and %d bytes", len(a), len(b))
	}
	count, most := 0, 0
	for i := range a {
		if d := int(a[i]) - int(b[i]); d != 0 {
			count, most = count+1, max(most, d, -d)
		}
	}
	best := func(x []byte) int { return slices.Index(x, slices.Max(x)) }
	return fmt.Sprintf("%d of %d bytes differ, by %d at most; best class %d and %d", count, len(a), most, best(a), best(b))
}

// title is a file's name without its ending.
func title(path string) string { return strings.TrimSuffix(filepath.Base(path), ".tflite") }
