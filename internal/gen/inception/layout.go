package inception

import (
	"fmt"

	"github.com/inceptiond/inceptiond/infer/model"
)

// kind is what a node computes.
type kind int

const (
	input kind = iota
	convolution
	depthwise
	fullyConnected
	maxPool
	averagePool
	concatenation
)

// node is one step of a network. Nodes are in order of execution; node 0 is the input.
type node struct {
	kind       kind
	name       string
	from       []int // nodes
	kh, kw     int   // of the window
	stride     int
	padding    model.Padding
	activation model.Activation
	h, w, c    int // of the output
}

// layer is a node to be: what a topology is written down with.
type layer struct {
	kind     kind
	kh, kw   int
	channels int
	stride   int
	padding  model.Padding
	fork     []layer // not empty: these side by side on the same input, concatenated
}

func conv(kh, kw, channels int) layer {
	return layer{kind: convolution, kh: kh, kw: kw, channels: channels, stride: 1}
}

func pool(k kind, size, stride int) layer { return layer{kind: k, kh: size, kw: size, stride: stride} }

func fork(l ...layer) layer { return layer{fork: l} }

// by2 halves the resolution.
func (l layer) by2() layer {
	l.stride = 2
	return l
}

// valid has no padding.
func (l layer) valid() layer {
	l.padding = model.Valid
	return l
}

// branch is a chain of layers inside a module.
type branch []layer

// network collects nodes while a topology is laid out.
type network struct {
	nodes []*node
	width float64
	last  int // the node that the next layer reads
}

// layout returns the nodes of a version, up to the logits.
func layout(version, size int, width float64) ([]*node, error) {
	n := &network{width: width}
	n.nodes = []*node{{kind: input, name: "input", h: size, w: size, c: 3}}
	switch version {
	case 1:
		n.v1()
	case 2:
		n.v2()
	case 3:
		n.v3()
	case 4:
		n.v4()
	default:
		return nil, fmt.Errorf("inception: no version %d (want 1 to 4)", version)
	}
	return n.nodes, nil
}

func (n *network) out() *node { return n.nodes[n.last] }

// add appends a node that reads the last one.
func (n *network) add(name string, l layer) {
	in := n.out()
	o := &node{
		kind: l.kind, name: name, from: []int{n.last}, kh: l.kh, kw: l.kw, stride: l.stride, padding: l.padding,
		h: outputSize(in.h, l.kh, l.stride, l.padding), w: outputSize(in.w, l.kw, l.stride, l.padding), c: in.c,
	}
	if l.kind == convolution {
		o.c = n.scale(l.channels)
		o.activation = model.ReLU
	}
	n.push(o)
}

func (n *network) push(o *node) {
	n.last = len(n.nodes)
	n.nodes = append(n.nodes, o)
}

// scale narrows a layer to a multiple of 8 channels.
func (n *network) scale(channels int) int {
	if n.width == 1 {
		return channels
	}
	return max(8, int(float64(channels)*n.width+4)/8*8)
}

func outputSize(in, window, stride int, p model.Padding) int {
	if p == model.Valid {
		in -= window - 1
	}
	return (in + stride - 1) / stride
}

// mixed appends a module: branches on the same input, concatenated.
func (n *network) mixed(name string, branches ...branch) {
	from, ends := n.last, []int(nil)
	for i, b := range branches {
		n.last = from
		for j, l := range b {
			n.step(fmt.Sprintf("%s/Branch_%d/%c", name, i, 'a'+j), l)
		}
		ends = append(ends, n.last)
	}
	n.concat(name, ends)
}

// step appends one layer of a branch, or several side by side.
func (n *network) step(name string, l layer) {
	if l.fork == nil {
		n.add(name, l)
		return
	}
	from, ends := n.last, []int(nil)
	for i, f := range l.fork {
		n.last = from
		n.add(fmt.Sprintf("%s%d", name, i), f)
		ends = append(ends, n.last)
	}
	n.concat(name, ends)
}

func (n *network) concat(name string, ends []int) {
	first := n.nodes[ends[0]]
	o := &node{kind: concatenation, name: name + "/concat", from: ends, h: first.h, w: first.w}
	for _, e := range ends {
		o.c += n.nodes[e].c
	}
	n.push(o)
}

// logits ends the network: the average over the picture, then one weight vector per class, in a layer of kind k.
func (n *network) logits(k kind) {
	in := n.out()
	n.push(&node{kind: averagePool, name: "Logits/AvgPool", from: []int{n.last}, kh: in.h, kw: in.w, stride: 1,
		padding: model.Valid, h: 1, w: 1, c: in.c})
	n.push(&node{kind: k, name: "Logits", from: []int{n.last}, kh: 1, kw: 1, stride: 1, h: 1, w: 1, c: Classes})
}
