package model

import (
	"fmt"
	"slices"
)

// Op is a built-in operator, numbered as BuiltinOperator in the schema.
type Op int32

// The operators that an engine of ours may know. Others parse too, with nil Options.
const (
	OpAdd               Op = 0
	OpAveragePool2D     Op = 1
	OpConcatenation     Op = 2
	OpConv2D            Op = 3
	OpDepthwiseConv2D   Op = 4
	OpDepthToSpace      Op = 5
	OpDequantize        Op = 6
	OpEmbeddingLookup   Op = 7
	OpFloor             Op = 8
	OpFullyConnected    Op = 9
	OpL2Normalization   Op = 11
	OpL2Pool2D          Op = 12
	OpLRN               Op = 13
	OpLogistic          Op = 14
	OpLSTM              Op = 16
	OpMaxPool2D         Op = 17
	OpMul               Op = 18
	OpReLU              Op = 19
	OpReLUN1To1         Op = 20
	OpReLU6             Op = 21
	OpReshape           Op = 22
	OpResizeBilinear    Op = 23
	OpRNN               Op = 24
	OpSoftmax           Op = 25
	OpSpaceToDepth      Op = 26
	OpTanh              Op = 28
	OpCustom            Op = 32
	OpPad               Op = 34
	OpSequenceRNN       Op = 35 // UNIDIRECTIONAL_SEQUENCE_RNN
	OpGather            Op = 36
	OpBatchToSpaceND    Op = 37
	OpSpaceToBatchND    Op = 38
	OpTranspose         Op = 39
	OpMean              Op = 40
	OpSub               Op = 41
	OpDiv               Op = 42
	OpSqueeze           Op = 43
	OpSequenceLSTM      Op = 44 // UNIDIRECTIONAL_SEQUENCE_LSTM
	OpStridedSlice      Op = 45
	OpExp               Op = 47
	OpTopKV2            Op = 48
	OpSplit             Op = 49
	OpLogSoftmax        Op = 50
	OpCast              Op = 53
	OpPReLU             Op = 54
	OpMaximum           Op = 55
	OpArgMax            Op = 56
	OpMinimum           Op = 57
	OpLess              Op = 58
	OpNeg               Op = 59
	OpPadV2             Op = 60
	OpGreater           Op = 61
	OpGreaterEqual      Op = 62
	OpLessEqual         Op = 63
	OpSelect            Op = 64
	OpSlice             Op = 65
	OpSin               Op = 66
	OpTransposeConv     Op = 67
	OpSparseToDense     Op = 68
	OpTile              Op = 69
	OpExpandDims        Op = 70
	OpEqual             Op = 71
	OpNotEqual          Op = 72
	OpLog               Op = 73
	OpSum               Op = 74
	OpSqrt              Op = 75
	OpRsqrt             Op = 76
	OpShape             Op = 77
	OpPow               Op = 78
	OpArgMin            Op = 79
	OpFakeQuant         Op = 80
	OpReduceProd        Op = 81
	OpReduceMax         Op = 82
	OpPack              Op = 83
	OpLogicalOr         Op = 84
	OpOneHot            Op = 85
	OpLogicalAnd        Op = 86
	OpLogicalNot        Op = 87
	OpUnpack            Op = 88
	OpReduceMin         Op = 89
	OpFloorDiv          Op = 90
	OpReduceAny         Op = 91
	OpSquare            Op = 92
	OpZerosLike         Op = 93
	OpFill              Op = 94
	OpFloorMod          Op = 95
	OpRange             Op = 96
	OpResizeNearest     Op = 97
	OpLeakyReLU         Op = 98
	OpSquaredDifference Op = 99
	OpMirrorPad         Op = 100
	OpAbs               Op = 101
	OpSplitV            Op = 102
	OpCeil              Op = 104
	OpReverseV2         Op = 105
	OpAddN              Op = 106
	OpGatherND          Op = 107
	OpCos               Op = 108
	OpRank              Op = 110
	OpELU               Op = 111
	OpReverseSequence   Op = 112
	OpMatrixDiag        Op = 113
	OpQuantize          Op = 114
	OpMatrixSetDiag     Op = 115
	OpRound             Op = 116
	OpHardSwish         Op = 117
	OpSuppressionV4     Op = 120
	OpSuppressionV5     Op = 121
	OpScatterND         Op = 122
	OpSelectV2          Op = 123
	OpDensify           Op = 124
	OpSegmentSum        Op = 125
	OpBatchMatMul       Op = 126
	OpCumSum            Op = 128
	OpBroadcastTo       Op = 130
	OpReduceAll         Op = 140
	OpBroadcastArgs     Op = 145
	OpBucketize         Op = 147
	OpGELU              Op = 150
	OpDynamicUpdate     Op = 151
	OpReLU0To1          Op = 152
)

// EdgeTPUOperator is the name of the custom operator that Coral's edgetpu_compiler puts in the place of those that an Edge
// TPU runs. Nothing else can run it.
const EdgeTPUOperator = "edgetpu-custom-op"

// ForEdgeTPU tells whether m was compiled for an Edge TPU.
func (m *Model) ForEdgeTPU() bool {
	return slices.ContainsFunc(m.Operators, func(o Operator) bool { return o.Custom == EdgeTPUOperator })
}

// String is the operator's name in the schema, "CONV_2D".
func (o Op) String() string {
	if o >= 0 && int(o) < len(opNames) {
		return opNames[o]
	}
	return fmt.Sprintf("operator %d", int32(o))
}

// opNames holds the names of BuiltinOperator by number, as of schema version 3c.
var opNames = [...]string{
	"ADD", "AVERAGE_POOL_2D", "CONCATENATION", "CONV_2D", "DEPTHWISE_CONV_2D", "DEPTH_TO_SPACE", "DEQUANTIZE",
	"EMBEDDING_LOOKUP", "FLOOR", "FULLY_CONNECTED", "HASHTABLE_LOOKUP", "L2_NORMALIZATION", "L2_POOL_2D",
	"LOCAL_RESPONSE_NORMALIZATION", "LOGISTIC", "LSH_PROJECTION", "LSTM", "MAX_POOL_2D", "MUL", "RELU",
	"RELU_N1_TO_1", "RELU6", "RESHAPE", "RESIZE_BILINEAR", "RNN", "SOFTMAX", "SPACE_TO_DEPTH", "SVDF", "TANH",
	"CONCAT_EMBEDDINGS", "SKIP_GRAM", "CALL", "CUSTOM", "EMBEDDING_LOOKUP_SPARSE", "PAD",
	"UNIDIRECTIONAL_SEQUENCE_RNN", "GATHER", "BATCH_TO_SPACE_ND", "SPACE_TO_BATCH_ND", "TRANSPOSE", "MEAN", "SUB",
	"DIV", "SQUEEZE", "UNIDIRECTIONAL_SEQUENCE_LSTM", "STRIDED_SLICE", "BIDIRECTIONAL_SEQUENCE_RNN", "EXP",
	"TOPK_V2", "SPLIT", "LOG_SOFTMAX", "DELEGATE", "BIDIRECTIONAL_SEQUENCE_LSTM", "CAST", "PRELU", "MAXIMUM",
	"ARG_MAX", "MINIMUM", "LESS", "NEG", "PADV2", "GREATER", "GREATER_EQUAL", "LESS_EQUAL", "SELECT", "SLICE",
	"SIN", "TRANSPOSE_CONV", "SPARSE_TO_DENSE", "TILE", "EXPAND_DIMS", "EQUAL", "NOT_EQUAL", "LOG", "SUM", "SQRT",
	"RSQRT", "SHAPE", "POW", "ARG_MIN", "FAKE_QUANT", "REDUCE_PROD", "REDUCE_MAX", "PACK", "LOGICAL_OR", "ONE_HOT",
	"LOGICAL_AND", "LOGICAL_NOT", "UNPACK", "REDUCE_MIN", "FLOOR_DIV", "REDUCE_ANY", "SQUARE", "ZEROS_LIKE", "FILL",
	"FLOOR_MOD", "RANGE", "RESIZE_NEAREST_NEIGHBOR", "LEAKY_RELU", "SQUARED_DIFFERENCE", "MIRROR_PAD", "ABS",
	"SPLIT_V", "UNIQUE", "CEIL", "REVERSE_V2", "ADD_N", "GATHER_ND", "COS", "WHERE", "RANK", "ELU",
	"REVERSE_SEQUENCE", "MATRIX_DIAG", "QUANTIZE", "MATRIX_SET_DIAG", "ROUND", "HARD_SWISH", "IF", "WHILE",
	"NON_MAX_SUPPRESSION_V4", "NON_MAX_SUPPRESSION_V5", "SCATTER_ND", "SELECT_V2", "DENSIFY", "SEGMENT_SUM",
	"BATCH_MATMUL", "PLACEHOLDER_FOR_GREATER_OP_CODES", "CUMSUM", "CALL_ONCE", "BROADCAST_TO", "RFFT2D", "CONV_3D",
	"IMAG", "REAL", "COMPLEX_ABS", "HASHTABLE", "HASHTABLE_FIND", "HASHTABLE_IMPORT", "HASHTABLE_SIZE",
	"REDUCE_ALL", "CONV_3D_TRANSPOSE", "VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE", "BROADCAST_ARGS",
	"RANDOM_STANDARD_NORMAL", "BUCKETIZE", "RANDOM_UNIFORM", "MULTINOMIAL", "GELU", "DYNAMIC_UPDATE_SLICE",
	"RELU_0_TO_1", "UNSORTED_SEGMENT_PROD", "UNSORTED_SEGMENT_MAX", "UNSORTED_SEGMENT_SUM", "ATAN2",
	"UNSORTED_SEGMENT_MIN", "SIGN", "BITCAST", "BITWISE_XOR", "RIGHT_SHIFT", "STABLEHLO_LOGISTIC", "STABLEHLO_ADD",
	"STABLEHLO_DIVIDE", "STABLEHLO_MULTIPLY", "STABLEHLO_MAXIMUM", "STABLEHLO_RESHAPE", "STABLEHLO_CLAMP",
	"STABLEHLO_CONCATENATE", "STABLEHLO_BROADCAST_IN_DIM", "STABLEHLO_CONVOLUTION", "STABLEHLO_SLICE",
	"STABLEHLO_CUSTOM_CALL", "STABLEHLO_REDUCE", "STABLEHLO_ABS", "STABLEHLO_AND", "STABLEHLO_COSINE",
	"STABLEHLO_EXPONENTIAL", "STABLEHLO_FLOOR", "STABLEHLO_LOG", "STABLEHLO_MINIMUM", "STABLEHLO_NEGATE",
	"STABLEHLO_OR", "STABLEHLO_POWER", "STABLEHLO_REMAINDER", "STABLEHLO_RSQRT", "STABLEHLO_SELECT",
	"STABLEHLO_SUBTRACT", "STABLEHLO_TANH", "STABLEHLO_SCATTER", "STABLEHLO_COMPARE", "STABLEHLO_CONVERT",
	"STABLEHLO_DYNAMIC_SLICE", "STABLEHLO_DYNAMIC_UPDATE_SLICE", "STABLEHLO_PAD", "STABLEHLO_IOTA",
	"STABLEHLO_DOT_GENERAL", "STABLEHLO_REDUCE_WINDOW", "STABLEHLO_SORT", "STABLEHLO_WHILE", "STABLEHLO_GATHER",
	"STABLEHLO_TRANSPOSE", "DILATE", "STABLEHLO_RNG_BIT_GENERATOR", "REDUCE_WINDOW",
}
