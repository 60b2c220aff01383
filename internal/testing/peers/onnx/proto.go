package onnx

import (
	"encoding/binary"
	"math"
)

// message is a protocol buffer under construction: fields in the order in which they are added.
type message []byte

func (m *message) key(field, wire int) {
	*m = binary.AppendUvarint(*m, uint64(field<<3|wire))
}

// integer adds a field of a number.
func (m *message) integer(field int, v int64) {
	m.key(field, 0)
	*m = binary.AppendUvarint(*m, uint64(v))
}

// float adds a field of a float32.
func (m *message) float(field int, v float32) {
	m.key(field, 5)
	*m = binary.LittleEndian.AppendUint32(*m, math.Float32bits(v))
}

// bytes adds a field of bytes, a string or another message.
func (m *message) bytes(field int, v []byte) {
	m.key(field, 2)
	*m = binary.AppendUvarint(*m, uint64(len(v)))
	*m = append(*m, v...)
}

func (m *message) text(field int, v string) { m.bytes(field, []byte(v)) }

// The types of elements, as TensorProto.DataType has them.
const (
	float32Type = 1
	uint8Type   = 2
	int8Type    = 3
	int32Type   = 6
	int64Type   = 7
)

// graph collects the parts of a GraphProto.
type graph struct {
	nodes, initializers, inputs, outputs message
	count                                int // of nodes, for their names
}

// attribute is a named constant of a node: int, []int, float32 or string.
type attribute struct {
	name  string
	value any
}

// encode is the AttributeProto.
func (a attribute) encode() []byte {
	var m message
	m.text(1, a.name)
	switch v := a.value.(type) {
	case int:
		m.integer(3, int64(v))
		m.integer(20, 2)
	case []int:
		for _, x := range v {
			m.integer(8, int64(x))
		}
		m.integer(20, 7)
	case float32:
		m.float(2, v)
		m.integer(20, 1)
	case string:
		m.text(4, v)
		m.integer(20, 3)
	}
	return m
}

// node adds a NodeProto with one output.
func (g *graph) node(op, output string, inputs []string, attributes ...attribute) {
	var m message
	for _, in := range inputs {
		m.text(1, in)
	}
	m.text(2, output)
	m.text(3, output)
	m.text(4, op)
	for _, a := range attributes {
		m.bytes(5, a.encode())
	}
	g.nodes.bytes(1, m)
}

// constant adds a TensorProto of little-endian data.
func (g *graph) constant(name string, element int, shape []int, data []byte) {
	var m message
	for _, d := range shape {
		m.integer(1, int64(d))
	}
	m.integer(2, int64(element))
	m.text(8, name)
	m.bytes(9, data)
	g.initializers.bytes(5, m)
}

// port is the ValueInfoProto of an input or output.
func port(name string, element int, shape []int) []byte {
	var dims message
	for _, d := range shape {
		var dim message
		dim.integer(1, int64(d))
		dims.bytes(1, dim)
	}
	var tensor, typ, m message
	tensor.integer(1, int64(element))
	tensor.bytes(2, dims)
	typ.bytes(1, tensor)
	m.text(1, name)
	m.bytes(2, typ)
	return m
}

// encode is the ModelProto: IR version 8, opset 13.
func (g *graph) encode(name string) []byte {
	var body, opset, m message
	body = append(body, g.nodes...)
	body.text(2, name)
	body = append(body, g.initializers...)
	body.bytes(11, g.inputs)
	body.bytes(12, g.outputs)
	opset.text(1, "")
	opset.integer(2, 13)
	m.integer(1, 8)
	m.text(2, "inceptiond")
	m.bytes(7, body)
	m.bytes(8, opset)
	return m
}
