package catalogue

// table lists the models. Blob ids, sizes and SHA-256 are those of [Source]. GitHub's listing gives no size for files over 4 MiB that
// nobody here has had; About is then the size of a network of the same layers.
//
// The milliseconds come from `make arm64-model`: those of the Inceptions from networks of the same layers with other weights
// (internal/gen/inception), those of mobilenet_v1_1.0_224_quant and tf2_mobilenet_v1_1.0_224_ptq from the embedding extractor
// and the layer that it lacks, those of mobilenet_v2_1.0_224_inat_plant_quant from its sisters and its larger last layer, those of the
// SSD from one of the same layers.
var table = []Model{
	{
		Name: "inception_v1_224_quant", Labels: imagenet, Task: classify, Input: 224, Classes: 1001, MACs: 1_498_377_216, Pi4: 29.5, Pi5: 6.3,
		File: File{Name: "inception_v1_224_quant.tflite", About: 6_700_000, Blob: "088ffa53d18e2b435e3e8fd1361d2ab46d974b05"},
	},
	{
		Name: "inception_v2_224_quant", Labels: imagenet, Task: classify, Input: 224, Classes: 1001, MACs: 1_934_858_240, Pi4: 37.8, Pi5: 8.5,
		File: File{Name: "inception_v2_224_quant.tflite", About: 11_300_000, Blob: "1546a3a490b475bbeba8a9ff296c837d1dfc295c"},
	},
	{
		Name: "inception_v3_299_quant", Labels: imagenet, Task: classify, Input: 299, Classes: 1001, MACs: 5_713_218_144, Pi4: 107.7, Pi5: 21.7,
		File: File{Name: "inception_v3_299_quant.tflite", About: 23_900_000, Blob: "8c52290bbb4120cbc61eb9a8979ed18da158403c"},
	},
	{
		Name: "inception_v4_299_quant", Labels: imagenet, Task: classify, Input: 299, Classes: 1001, MACs: 12_253_976_160, Pi4: 226.9, Pi5: 45,
		File: File{Name: "inception_v4_299_quant.tflite", About: 42_800_000, Blob: "3908260a7c2c31765179df04fe9030da86dfbfd7"},
	},
	{
		Name: "mobilenet_v1_0.25_128_quant", Labels: imagenet, Task: classify, Input: 128, Classes: 1001, MACs: 13_570_304, Pi4: 1, Pi5: 0.5,
		File: File{
			Name: "mobilenet_v1_0.25_128_quant.tflite", Size: 525598, Blob: "22b67d6a63753ad9907a4c8505632479ac439b94",
			SHA256: "cb273c23ee76374b05b9583177e28aa19744858a7679c56a250e83d0333da785",
		},
	},
	{
		Name: "mobilenet_v1_0.5_160_quant", Labels: imagenet, Task: classify, Input: 160, Classes: 1001, MACs: 76_525_312, Pi4: 2.5, Pi5: 0.9,
		File: File{
			Name: "mobilenet_v1_0.5_160_quant.tflite", Size: 1392846, Blob: "9e1cfe5f512774a651ce19aab416789463b69665",
			SHA256: "3cc6d2ca460abd2e0f699a6d0d2550c6b61c6e3b0e27a3616e384ea74cb86f43",
		},
	},
	{
		Name: "mobilenet_v1_0.75_192_quant", Labels: imagenet, Task: classify, Input: 192, Classes: 1001, MACs: 239_274_240, Pi4: 6.2, Pi5: 1.8,
		File: File{
			Name: "mobilenet_v1_0.75_192_quant.tflite", Size: 2652542, Blob: "cd76cbdc9cfa8ccc7fd1617b62f4fb250e4c9bee",
			SHA256: "41daeb22fdcf947e0e5ec32373aa9df7c31f3ef45dbd0ef7b5940fbce3c20f6a",
		},
	},
	{
		Name: "mobilenet_v1_1.0_224_quant", Labels: imagenet, Task: classify, Input: 224, Classes: 1001, MACs: 568_741_376, Pi4: 13.1, Pi5: 3.4,
		File: File{Name: "mobilenet_v1_1.0_224_quant.tflite", About: 4_300_000, Blob: "ed3753826e390f0ddec8c36a8125d0dc97fd43ef"},
	},
	{
		Name: "mobilenet_v2_1.0_224_quant", Labels: imagenet, Task: classify, Input: 224, Classes: 1001, MACs: 300_775_552, Pi4: 9.7, Pi5: 3.3,
		File: File{
			Name: "mobilenet_v2_1.0_224_quant.tflite", Size: 3610798, Blob: "03533c32dacc1456ff3fe951ebdd5b967ce9e6a0",
			SHA256: "7aad0c74c5e3c06e5eb3c827e13304fdd68a83da6087d92ee169c24ff9fd4776",
		},
	},
	{
		Name: "tf2_mobilenet_v1_1.0_224_ptq", Labels: imagenet, Task: classify, Input: 224, Classes: 1001, MACs: 568_741_376, Pi4: 13.1, Pi5: 3.4,
		File: File{Name: "tf2_mobilenet_v1_1.0_224_ptq.tflite", About: 4_500_000, Blob: "333f1af94dd03e383d4cccd4b1341d5d4000b664"},
	},
	{
		Name: "tf2_mobilenet_v2_1.0_224_ptq", Labels: imagenet, Task: classify, Input: 224, Classes: 1001, MACs: 300_775_552, Pi4: 9.3, Pi5: 3,
		File: File{
			Name: "tf2_mobilenet_v2_1.0_224_ptq.tflite", Size: 4070174, Blob: "adc0326f06ade4b8d2a571a72d2486a260f987d4",
			SHA256: "5d3137241276e79c86d14a74fe43581398ae0e815191d3dba45495b810840e8c",
		},
	},
	{
		Name: "mobilenet_v2_1.0_224_inat_bird_quant", Labels: birds, Task: classify, Input: 224, Classes: 965, MACs: 300_729_472, Pi4: 9.8, Pi5: 3.3,
		File: File{
			Name: "mobilenet_v2_1.0_224_inat_bird_quant.tflite", Size: 3579500, Blob: "225ffa93c74237a64e1a5782fce3dfbc61f9d380",
			SHA256: "350fcd8cf1df1560060d464595dfed8b174b05792788052896004848d9ad04f9",
		},
	},
	{
		Name: "mobilenet_v2_1.0_224_inat_insect_quant", Labels: insects, Task: classify, Input: 224, Classes: 1022, MACs: 300_802_432, Pi4: 9.8, Pi5: 3.3,
		File: File{
			Name: "mobilenet_v2_1.0_224_inat_insect_quant.tflite", Size: 3655867, Blob: "48abc7c548282910bd6d9bc9aeb5663c7288070b",
			SHA256: "0ebaeb474dccf56b8b818b014f0d6a8e22b35a45b491a659f0b5405c9c838282",
		},
	},
	{
		Name: "mobilenet_v2_1.0_224_inat_plant_quant", Labels: plants, Task: classify, Input: 224, Classes: 2102, MACs: 302_184_832, Pi4: 10.1, Pi5: 3.5,
		File: File{Name: "mobilenet_v2_1.0_224_inat_plant_quant.tflite", About: 5_000_000, Blob: "85737c16869a13417a44229bf1968c4e964d2d7f"},
	},
	{
		Name: "ssd_mobilenet_v1_coco_quant_postprocess", Labels: coco, Task: detect, Input: 300, Classes: 90, MACs: 728_036_496, Pi4: 17.2, Pi5: 4.5,
		File: File{Name: "ssd_mobilenet_v1_coco_quant_postprocess.tflite", About: 4_200_000, Blob: "1a2270d37dd7d0f84acc49e069391312e697cf12"},
	},
}

// The tasks.
const (
	classify = "classify"
	detect   = "detect"
)

// The label files. ImageNet's begins with "background", those of species end with it, and COCO's has none.
var (
	imagenet = File{
		Name: "imagenet_labels.txt", Size: 21686, Blob: "0f975ffd415baaea2267b4363717daff56451ad0",
		SHA256: "b8aaeb5630c62626a7d124a05c0e14230a7ffdd2136a31d0190a4fb71c1d82f1",
	}
	birds = File{
		Name: "inat_bird_labels.txt", Size: 37146, Blob: "dfe4777e80d5086d4dfc047c2ee251924a58a401",
		SHA256: "a16108dfe3f8daff015b87a97ab6a17e717b9b1bccd719f6d8f747746d7b9277",
	}
	insects = File{
		Name: "inat_insect_labels.txt", Size: 40317, Blob: "0beeba113f678c564b87b3832a01aab94388e7a5",
		SHA256: "e5e03664a8a70eafc3308268eb8cd6aa28652912735bfdd45e436ae9617155bc",
	}
	coco = File{
		Name: "coco_labels.txt", Size: 661, Blob: "e6e413857619e7e4e892769d5b134b803454fa28",
		SHA256: "dc183f003fc753c4c43fae6fdf7f387559449573f13fa32e517fb7453fd380f1",
	}
	plants = File{
		Name: "inat_plant_labels.txt", Size: 78171, Blob: "29b7540876024c92821092f4a8792e930530d4e3",
		SHA256: "53b78d1ac5808be1648520472db5d17a75a809e3bc51121887a68d9779fac257",
	}
)
