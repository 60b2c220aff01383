package model

import "fmt"

// Op is a built-in operator, numbered as BuiltinOperator in the schema.
type Op int32

// The operators whose options this package reads. Others parse too, with nil Options.
const (
	OpAdd             Op = 0
	OpAveragePool2D   Op = 1
	OpConcatenation   Op = 2
	OpConv2D          Op = 3
	OpDepthwiseConv2D Op = 4
	OpDepthToSpace    Op = 5
	OpDequantize      Op = 6
	OpFullyConnected  Op = 9
	OpL2Normalization Op = 11
	OpLRN             Op = 13
	OpLogistic        Op = 14
	OpMaxPool2D       Op = 17
	OpMul             Op = 18
	OpReLU            Op = 19
	OpReLUN1To1       Op = 20
	OpReLU6           Op = 21
	OpReshape         Op = 22
	OpResizeBilinear  Op = 23
	OpSoftmax         Op = 25
	OpSpaceToDepth    Op = 26
	OpTanh            Op = 28
	OpCustom          Op = 32
	OpPad             Op = 34
	OpTranspose       Op = 39
	OpMean            Op = 40
	OpSub             Op = 41
	OpDiv             Op = 42
	OpSqueeze         Op = 43
	OpSplit           Op = 49
	OpPadV2           Op = 60
	OpSplitV          Op = 102
	OpQuantize        Op = 114
	OpHardSwish       Op = 117
)

func (o Op) String() string {
	if s, ok := opNames[o]; ok {
		return s
	}
	return fmt.Sprintf("operator %d", int32(o))
}

var opNames = map[Op]string{
	OpAdd: "ADD", OpAveragePool2D: "AVERAGE_POOL_2D", OpConcatenation: "CONCATENATION", OpConv2D: "CONV_2D",
	OpDepthwiseConv2D: "DEPTHWISE_CONV_2D", OpDequantize: "DEQUANTIZE",
}
