package quantize

import "github.com/inceptiond/inceptiond/infer/model"

// kind says where an operator's output has its scale from, when the operator is computed in 8 bits.
type kind int

const (
	weighted kind = iota + 1 // measured; the operator has constant weights and a bias of 32 bits
	free                     // measured
	moving                   // that of the inputs, which all have the same: the operator does not change numbers
	fixed                    // one that TensorFlow Lite wants, whatever is measured
	counting                 // none: the output is no real number, but says where one is
)

// rule says how TensorFlow Lite 2.9 computes an operator in 8 bits: its quantization specification, and what its kernels check.
type rule struct {
	kind   kind
	inputs operands
	input  int  // of weighted ones, where the input is; weights are input 1 and the bias comes after both
	axis   int  // of weighted ones, along which weights may have a scale for each channel; -1: one scale for all
	int8s  bool // there is none for uint8

	scale float32 // of fixed ones
	zero  int32   // of these as int8
}

// operands says which inputs of an operator are real numbers; the others are shapes, axes, counts.
type operands int

const (
	first operands = iota // the zero value
	second
	both
	firstAndThird
	all
)

// rules holds the operators that are computed in 8 bits, by their names in the schema. The others are known to have no kernel
// for that, or one that is too coarse to be of use.
var rules = map[string]rule{
	"CONV_2D":           {kind: weighted},
	"DEPTHWISE_CONV_2D": {kind: weighted, axis: 3},
	"FULLY_CONNECTED":   {kind: weighted, axis: -1},
	"TRANSPOSE_CONV":    {kind: weighted, input: 2},

	"ADD":                {kind: free, inputs: both},
	"SUB":                {kind: free, inputs: both},
	"MUL":                {kind: free, inputs: both},
	"SQUARED_DIFFERENCE": {kind: free, inputs: both, int8s: true},
	"PRELU":              {kind: free, inputs: both},
	"MEAN":               {kind: free},
	"RELU":               {kind: free},
	"RELU6":              {kind: free},
	"RELU_N1_TO_1":       {kind: free},
	"LEAKY_RELU":         {kind: free},
	"HARD_SWISH":         {kind: free},
	"ELU":                {kind: free, int8s: true},

	"AVERAGE_POOL_2D":         {kind: moving},
	"MAX_POOL_2D":             {kind: moving},
	"CONCATENATION":           {kind: moving, inputs: all},
	"PACK":                    {kind: moving, inputs: all},
	"UNPACK":                  {kind: moving},
	"MAXIMUM":                 {kind: moving, inputs: both},
	"MINIMUM":                 {kind: moving, inputs: both},
	"REDUCE_MAX":              {kind: moving},
	"REDUCE_MIN":              {kind: moving},
	"RESHAPE":                 {kind: moving},
	"SQUEEZE":                 {kind: moving},
	"EXPAND_DIMS":             {kind: moving},
	"TRANSPOSE":               {kind: moving},
	"PAD":                     {kind: moving},
	"PADV2":                   {kind: moving, inputs: firstAndThird},
	"MIRROR_PAD":              {kind: moving},
	"SLICE":                   {kind: moving},
	"STRIDED_SLICE":           {kind: moving},
	"GATHER":                  {kind: moving},
	"TILE":                    {kind: moving},
	"SPLIT":                   {kind: moving, inputs: second},
	"SPLIT_V":                 {kind: moving},
	"SPACE_TO_DEPTH":          {kind: moving},
	"DEPTH_TO_SPACE":          {kind: moving},
	"SPACE_TO_BATCH_ND":       {kind: moving},
	"BATCH_TO_SPACE_ND":       {kind: moving},
	"RESIZE_BILINEAR":         {kind: moving},
	"RESIZE_NEAREST_NEIGHBOR": {kind: moving},

	"SOFTMAX":          {kind: fixed, scale: 1. / 256, zero: -128},
	"LOGISTIC":         {kind: fixed, scale: 1. / 256, zero: -128},
	"TANH":             {kind: fixed, scale: 1. / 128},
	"L2_NORMALIZATION": {kind: fixed, scale: 1. / 128},

	"ARG_MAX": {kind: counting},
	"ARG_MIN": {kind: counting},
}

// ruleOf is that of o; ok is false if there is none.
func ruleOf(o *model.Operator) (r rule, ok bool) {
	r, ok = rules[o.Op.String()]
	return r, ok && o.Odd == "" && o.Custom == ""
}

// real lists which of n inputs are real numbers; of a weighted operator that is its input alone.
func (r rule) real(n int) []int {
	switch {
	case r.kind == weighted:
		return []int{r.input}
	case r.inputs == second:
		return []int{1}
	case r.inputs == both:
		return []int{0, 1}
	case r.inputs == firstAndThird:
		return []int{0, 2}
	case r.inputs == all:
		list := make([]int, n)
		for i := range list {
			list[i] = i
		}
		return list
	}
	return []int{0}
}

// bias is the input with the bias of a weighted operator.
func (r rule) bias() int { return max(r.input, 1) + 1 }

// keen tells whether an operator wants the ends of its input's range: the greatest is the answer. Nothing is clipped there.
func keen(o *model.Operator) bool {
	switch o.Op.String() {
	case "SOFTMAX", "LOGISTIC", "ARG_MAX", "ARG_MIN", "TANH":
		return true
	}
	return false
}
