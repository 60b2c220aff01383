package task

// KeypointNames are those of a body's keypoints, in COCO's order.
func KeypointNames() [Keypoints]string {
	return [Keypoints]string{
		"nose", "left eye", "right eye", "left ear", "right ear", "left shoulder", "right shoulder", "left elbow", "right elbow",
		"left wrist", "right wrist", "left hip", "right hip", "left knee", "right knee", "left ankle", "right ankle",
	}
}

// Bones are the pairs of keypoints that hang together, by number.
func Bones() [][2]int {
	return [][2]int{
		{0, 1}, {0, 2}, {1, 3}, {2, 4}, // head
		{5, 6}, {5, 11}, {6, 12}, {11, 12}, // trunk
		{5, 7}, {7, 9}, {6, 8}, {8, 10}, // arms
		{11, 13}, {13, 15}, {12, 14}, {14, 16}, // legs
	}
}
