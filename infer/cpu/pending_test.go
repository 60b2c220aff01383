package cpu_test

// pending are the golden rows that the engine does not have right yet.
var pending = []string{
	"BATCH_MATMUL/f32",
	"BATCH_MATMUL/f32_adj_y",
	"BATCH_MATMUL/i8_adj_y",
	"INT16/AVERAGE_POOL_2D",
	"INT16/CONV_2D",
	"INT16/DEPTHWISE_CONV_2D",
}
