package model

import (
	"crypto/sha256"
	"encoding/hex"
)

// Limits bounds what Parse accepts; the zero value of a field means its default.
type Limits struct {
	// Memory is the most bytes that all tensors computed at run time may have together (default 1 GiB); the error
	// says the figure asked for.
	Memory int
}

const (
	defaultMemory = 1 << 30

	// maxTensors and maxOperators bound the memory of a Model whatever the file says: the largest published image
	// classifiers have some thousands.
	maxTensors   = 1 << 16
	maxOperators = 1 << 16
	maxDims      = 8 // as many as any operator of TensorFlow Lite takes
)

// The slots of the schema's tables, in the order of their fields.
const (
	modelVersion, modelCodes, modelSubgraphs, modelDescription, modelBuffers = 0, 1, 2, 3, 4

	graphTensors, graphInputs, graphOutputs, graphOperators = 0, 1, 2, 3
)

// Parse checks data, the bytes of a .tflite file, and describes it. The model keeps data: it must not change. Work and
// memory are linear in len(data).
//
// Every error is a ParseError and says which tensor or operator it is about: the file is damaged, or nothing can run it.
// What only some engines cannot run is no error: see Tensor.Odd and Operator.Odd.
func Parse(data []byte, l Limits) (*Model, error) {
	if l.Memory == 0 {
		l.Memory = defaultMemory
	}
	if len(data) < 8 || string(data[4:8]) != "TFL3" {
		return nil, malformed("this is no TensorFlow Lite file: bytes 4 to 7 are not TFL3")
	}
	f := newFlat(data)
	p := parser{flat: f, root: f.table(f.follow(0)), limits: l}
	if err := p.parse(); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	p.model.Size = len(data)
	p.model.SHA256 = hex.EncodeToString(sum[:])
	return &p.model, nil
}

// parser fills model from root.
type parser struct {
	flat    *flat
	root    table
	buffers tables
	limits  Limits
	model   Model

	ready   []bool // by tensor: it is constant, an input of the graph, or computed by an operator already read
	runtime int64  // bytes of the tensors computed at run time
}

func (p *parser) parse() error {
	if v := p.root.uint32(modelVersion); p.flat.err == nil && v != 3 {
		return unsupported("schema version %d (this reads version 3)", v)
	}
	p.model.Description = p.root.string(modelDescription)
	p.buffers = p.root.tables(modelBuffers)
	graphs := p.root.tables(modelSubgraphs)
	if p.flat.err == nil && graphs.n == 0 {
		return malformed("it has no subgraph")
	}
	if p.flat.err != nil {
		return p.flat.err
	}
	graph := graphs.at(0)
	if err := p.tensors(graph.tables(graphTensors)); err != nil {
		return err
	}
	if err := p.inputs(graph.ints(graphInputs)); err != nil {
		return err
	}
	if err := p.operators(graph.tables(graphOperators)); err != nil {
		return err
	}
	return p.outputs(graph.ints(graphOutputs))
}

// inputs takes the graph's inputs, which no operator computes. Files cut out of larger ones list constants among them;
// those are left out.
func (p *parser) inputs(indices []int) error {
	if p.flat.err != nil {
		return p.flat.err
	}
	for _, i := range indices {
		if i == -1 { // an optional one that is absent
			continue
		}
		if i < 0 || i >= len(p.model.Tensors) {
			return malformed("the graph's input is tensor %d of %d", i, len(p.model.Tensors))
		}
		if p.model.Tensors[i].Data != nil {
			continue
		}
		if p.ready[i] && p.model.Tensors[i].Odd == "" {
			return malformed("%s is an input of the graph twice", p.tensor(i))
		}
		p.ready[i] = true
		p.model.Inputs = append(p.model.Inputs, i)
	}
	return nil
}

// outputs takes the graph's outputs, after all operators.
func (p *parser) outputs(indices []int) error {
	if p.flat.err != nil {
		return p.flat.err
	}
	for _, i := range indices {
		if i < 0 || i >= len(p.model.Tensors) {
			return malformed("the graph's output is tensor %d of %d", i, len(p.model.Tensors))
		}
		if !p.ready[i] {
			return malformed("%s is an output of the graph, but nothing computes it", p.tensor(i))
		}
	}
	p.model.Outputs = indices
	return nil
}
