package inception

import "fmt"

// v1 is Inception v1 as in slim/nets/inception_v1.py: GoogLeNet without local response normalization, with batch
// normalization, and with 3x3 where the paper has 5x5.
func (n *network) v1() {
	n.add("Conv2d_1a_7x7", conv(7, 7, 64).by2())
	n.add("MaxPool_2a_3x3", pool(maxPool, 3, 2))
	n.add("Conv2d_2b_1x1", conv(1, 1, 64))
	n.add("Conv2d_2c_3x3", conv(3, 3, 192))
	n.add("MaxPool_3a_3x3", pool(maxPool, 3, 2))
	module := func(name string, b0, b1a, b1b, b2a, b2b, b3 int) {
		n.mixed(name,
			branch{conv(1, 1, b0)},
			branch{conv(1, 1, b1a), conv(3, 3, b1b)},
			branch{conv(1, 1, b2a), conv(3, 3, b2b)},
			branch{pool(maxPool, 3, 1), conv(1, 1, b3)})
	}
	module("Mixed_3b", 64, 96, 128, 16, 32, 32)
	module("Mixed_3c", 128, 128, 192, 32, 96, 64)
	n.add("MaxPool_4a_3x3", pool(maxPool, 3, 2))
	module("Mixed_4b", 192, 96, 208, 16, 48, 64)
	module("Mixed_4c", 160, 112, 224, 24, 64, 64)
	module("Mixed_4d", 128, 128, 256, 24, 64, 64)
	module("Mixed_4e", 112, 144, 288, 32, 64, 64)
	module("Mixed_4f", 256, 160, 320, 32, 128, 128)
	n.add("MaxPool_5a_2x2", pool(maxPool, 2, 2))
	module("Mixed_5b", 256, 160, 320, 32, 128, 128)
	module("Mixed_5c", 384, 192, 384, 48, 128, 128)
	n.logits(convolution)
}

// v2 is Inception v2 as in slim/nets/inception_v2.py, which begins with a separable convolution.
func (n *network) v2() {
	in := n.out()
	size := outputSize(in.h, 7, 2, 0)
	n.push(&node{kind: depthwise, name: "Conv2d_1a_7x7/depthwise", from: []int{0}, kh: 7, kw: 7, stride: 2,
		h: size, w: size, c: 24}) // 8 outputs per colour, no activation
	n.add("Conv2d_1a_7x7/pointwise", conv(1, 1, 64))
	n.add("MaxPool_2a_3x3", pool(maxPool, 3, 2))
	n.add("Conv2d_2b_1x1", conv(1, 1, 64))
	n.add("Conv2d_2c_3x3", conv(3, 3, 192))
	n.add("MaxPool_3a_3x3", pool(maxPool, 3, 2))
	module := func(name string, b0, b1a, b1b, b2a, b2b int, k kind, b3 int) {
		n.mixed(name,
			branch{conv(1, 1, b0)},
			branch{conv(1, 1, b1a), conv(3, 3, b1b)},
			branch{conv(1, 1, b2a), conv(3, 3, b2b), conv(3, 3, b2b)},
			branch{pool(k, 3, 1), conv(1, 1, b3)})
	}
	reduction := func(name string, b0a, b0b, b1a, b1b int) {
		n.mixed(name,
			branch{conv(1, 1, b0a), conv(3, 3, b0b).by2()},
			branch{conv(1, 1, b1a), conv(3, 3, b1b), conv(3, 3, b1b).by2()},
			branch{pool(maxPool, 3, 2)})
	}
	module("Mixed_3b", 64, 64, 64, 64, 96, averagePool, 32)
	module("Mixed_3c", 64, 64, 96, 64, 96, averagePool, 64)
	reduction("Mixed_4a", 128, 160, 64, 96)
	module("Mixed_4b", 224, 64, 96, 96, 128, averagePool, 128)
	module("Mixed_4c", 192, 96, 128, 96, 128, averagePool, 128)
	module("Mixed_4d", 160, 128, 160, 128, 160, averagePool, 96)
	module("Mixed_4e", 96, 128, 192, 160, 192, averagePool, 96)
	reduction("Mixed_5a", 128, 192, 192, 256)
	module("Mixed_5b", 352, 192, 320, 160, 224, averagePool, 128)
	module("Mixed_5c", 352, 192, 320, 192, 224, maxPool, 128)
	n.logits(convolution)
}

// v3 is Inception v3 as in slim/nets/inception_v3.py.
func (n *network) v3() {
	n.add("Conv2d_1a_3x3", conv(3, 3, 32).by2().valid())
	n.add("Conv2d_2a_3x3", conv(3, 3, 32).valid())
	n.add("Conv2d_2b_3x3", conv(3, 3, 64))
	n.add("MaxPool_3a_3x3", pool(maxPool, 3, 2).valid())
	n.add("Conv2d_3b_1x1", conv(1, 1, 80).valid())
	n.add("Conv2d_4a_3x3", conv(3, 3, 192).valid())
	n.add("MaxPool_5a_3x3", pool(maxPool, 3, 2).valid())
	for i, b3 := range []int{32, 64, 64} {
		n.mixed(fmt.Sprintf("Mixed_5%c", 'b'+i),
			branch{conv(1, 1, 64)},
			branch{conv(1, 1, 48), conv(5, 5, 64)},
			branch{conv(1, 1, 64), conv(3, 3, 96), conv(3, 3, 96)},
			branch{pool(averagePool, 3, 1), conv(1, 1, b3)})
	}
	n.mixed("Mixed_6a",
		branch{conv(3, 3, 384).by2().valid()},
		branch{conv(1, 1, 64), conv(3, 3, 96), conv(3, 3, 96).by2().valid()},
		branch{pool(maxPool, 3, 2).valid()})
	for i, c := range []int{128, 160, 160, 192} {
		n.mixed(fmt.Sprintf("Mixed_6%c", 'b'+i),
			branch{conv(1, 1, 192)},
			branch{conv(1, 1, c), conv(1, 7, c), conv(7, 1, 192)},
			branch{conv(1, 1, c), conv(7, 1, c), conv(1, 7, c), conv(7, 1, c), conv(1, 7, 192)},
			branch{pool(averagePool, 3, 1), conv(1, 1, 192)})
	}
	n.mixed("Mixed_7a",
		branch{conv(1, 1, 192), conv(3, 3, 320).by2().valid()},
		branch{conv(1, 1, 192), conv(1, 7, 192), conv(7, 1, 192), conv(3, 3, 192).by2().valid()},
		branch{pool(maxPool, 3, 2).valid()})
	for _, name := range []string{"Mixed_7b", "Mixed_7c"} {
		n.mixed(name,
			branch{conv(1, 1, 320)},
			branch{conv(1, 1, 384), fork(conv(1, 3, 384), conv(3, 1, 384))},
			branch{conv(1, 1, 448), conv(3, 3, 384), fork(conv(1, 3, 384), conv(3, 1, 384))},
			branch{pool(averagePool, 3, 1), conv(1, 1, 192)})
	}
	n.logits(convolution)
}

// v4 is Inception v4 as in slim/nets/inception_v4.py.
func (n *network) v4() {
	n.add("Conv2d_1a_3x3", conv(3, 3, 32).by2().valid())
	n.add("Conv2d_2a_3x3", conv(3, 3, 32).valid())
	n.add("Conv2d_2b_3x3", conv(3, 3, 64))
	n.mixed("Mixed_3a",
		branch{pool(maxPool, 3, 2).valid()},
		branch{conv(3, 3, 96).by2().valid()})
	n.mixed("Mixed_4a",
		branch{conv(1, 1, 64), conv(3, 3, 96).valid()},
		branch{conv(1, 1, 64), conv(1, 7, 64), conv(7, 1, 64), conv(3, 3, 96).valid()})
	n.mixed("Mixed_5a",
		branch{conv(3, 3, 192).by2().valid()},
		branch{pool(maxPool, 3, 2).valid()})
	for i := range 4 {
		n.mixed(fmt.Sprintf("Mixed_5%c", 'b'+i),
			branch{conv(1, 1, 96)},
			branch{conv(1, 1, 64), conv(3, 3, 96)},
			branch{conv(1, 1, 64), conv(3, 3, 96), conv(3, 3, 96)},
			branch{pool(averagePool, 3, 1), conv(1, 1, 96)})
	}
	n.mixed("Mixed_6a",
		branch{conv(3, 3, 384).by2().valid()},
		branch{conv(1, 1, 192), conv(3, 3, 224), conv(3, 3, 256).by2().valid()},
		branch{pool(maxPool, 3, 2).valid()})
	for i := range 7 {
		n.mixed(fmt.Sprintf("Mixed_6%c", 'b'+i),
			branch{conv(1, 1, 384)},
			branch{conv(1, 1, 192), conv(1, 7, 224), conv(7, 1, 256)},
			branch{conv(1, 1, 192), conv(7, 1, 192), conv(1, 7, 224), conv(7, 1, 224), conv(1, 7, 256)},
			branch{pool(averagePool, 3, 1), conv(1, 1, 128)})
	}
	n.mixed("Mixed_7a",
		branch{conv(1, 1, 192), conv(3, 3, 192).by2().valid()},
		branch{conv(1, 1, 256), conv(1, 7, 256), conv(7, 1, 320), conv(3, 3, 320).by2().valid()},
		branch{pool(maxPool, 3, 2).valid()})
	for i := range 3 {
		n.mixed(fmt.Sprintf("Mixed_7%c", 'b'+i),
			branch{conv(1, 1, 256)},
			branch{conv(1, 1, 384), fork(conv(1, 3, 256), conv(3, 1, 256))},
			branch{conv(1, 1, 384), conv(3, 1, 448), conv(1, 3, 512), fork(conv(1, 3, 256), conv(3, 1, 256))},
			branch{pool(averagePool, 3, 1), conv(1, 1, 256)})
	}
	n.logits(fullyConnected)
}
