// Runs the convolutions and pools of a network with oneDNN 2.x when it is told to, one after the other: run LAYERS. It
// answers each line "run" with the milliseconds that took. OMP_NUM_THREADS says with how many threads.
//
// A line of LAYERS is a primitive: conv GROUPS INC INH INW OUTC OUTH OUTW KH KW STRIDE TOP LEFT BOTTOM RIGHT, or max or avg with
// the same numbers. Images are uint8, weights int8 with a scale for each output channel, biases int32. Weights are arranged
// before the first run, and each primitive has the formats that oneDNN likes best: nothing is converted between them.
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>

#include <oneapi/dnnl/dnnl.hpp>

using dnnl::memory;
using Arguments = std::unordered_map<int, memory>;

struct Step {
	dnnl::primitive run;
	Arguments arguments;
};

struct Shape {
	long groups, in_c, in_h, in_w, out_c, out_h, out_w, h, w, stride, top, left, bottom, right;
	memory::dims in() const { return {1, in_c, in_h, in_w}; }
	memory::dims out() const { return {1, out_c, out_h, out_w}; }
	memory::dims strides() const { return {stride, stride}; }
	memory::dims before() const { return {top, left}; }
	memory::dims behind() const { return {bottom, right}; }
};

static std::mt19937 random_numbers(1);

// filled is memory of random bytes.
static memory filled(const memory::desc &d, const dnnl::engine &e) {
	memory m(d, e);
	auto *bytes = static_cast<unsigned char *>(m.get_data_handle());
	for (size_t i = 0; i < d.get_size(); i++) bytes[i] = d.data_type() == memory::data_type::s32 ? 0 : random_numbers() & 0x3f;
	return m;
}

static Step convolution(const Shape &s, const dnnl::engine &e) {
	using tag = memory::format_tag;
	using type = memory::data_type;
	memory::dims weights = {s.out_c, s.in_c, s.h, s.w};
	if (s.groups > 1) weights = {s.groups, s.out_c / s.groups, s.in_c / s.groups, s.h, s.w};
	dnnl::convolution_forward::desc d(dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct,
			{s.in(), type::u8, tag::any}, {weights, type::s8, tag::any}, {{s.out_c}, type::s32, tag::any}, {s.out(), type::u8, tag::any},
			s.strides(), s.before(), s.behind());
	dnnl::primitive_attr a;
	a.set_output_scales(1 << 1, std::vector<float>(s.out_c, 1.f / 512));
	dnnl::post_ops relu;
	relu.append_eltwise(1.f, dnnl::algorithm::eltwise_relu, 0.f, 0.f);
	a.set_post_ops(relu);
	dnnl::convolution_forward::primitive_desc p(d, a, e);
	return {dnnl::convolution_forward(p), {
			{DNNL_ARG_SRC, filled(p.src_desc(), e)}, {DNNL_ARG_WEIGHTS, filled(p.weights_desc(), e)},
			{DNNL_ARG_BIAS, filled(p.bias_desc(), e)}, {DNNL_ARG_DST, memory(p.dst_desc(), e)}}};
}

static Step pool(const Shape &s, dnnl::algorithm kind, const dnnl::engine &e) {
	using tag = memory::format_tag;
	using type = memory::data_type;
	dnnl::pooling_forward::desc d(dnnl::prop_kind::forward_inference, kind, {s.in(), type::u8, tag::nhwc}, {s.out(), type::u8, tag::any},
			s.strides(), {s.h, s.w}, s.before(), s.behind());
	dnnl::pooling_forward::primitive_desc p(d, e);
	return {dnnl::pooling_forward(p), {{DNNL_ARG_SRC, filled(p.src_desc(), e)}, {DNNL_ARG_DST, memory(p.dst_desc(), e)}}};
}

static std::vector<Step> read(const char *path, const dnnl::engine &e) {
	std::vector<Step> steps;
	std::ifstream file(path);
	for (std::string line; std::getline(file, line);) {
		std::istringstream words(line);
		std::string kind;
		Shape s;
		words >> kind >> s.groups >> s.in_c >> s.in_h >> s.in_w >> s.out_c >> s.out_h >> s.out_w >> s.h >> s.w >> s.stride >> s.top >> s.left >> s.bottom >> s.right;
		if (!words) throw std::runtime_error("not a layer: " + line);
		if (kind == "conv")
			steps.push_back(convolution(s, e));
		else
			steps.push_back(pool(s, kind == "max" ? dnnl::algorithm::pooling_max : dnnl::algorithm::pooling_avg_exclude_padding, e));
	}
	return steps;
}

int main(int, char **argv) try {
	dnnl::engine engine(dnnl::engine::kind::cpu, 0);
	dnnl::stream stream(engine);
	auto steps = read(argv[1], engine);
	const auto *v = dnnl::version();
	printf("ready %d.%d.%d\n", v->major, v->minor, v->patch);
	fflush(stdout);
	for (std::string line; std::getline(std::cin, line);) {
		auto begin = std::chrono::steady_clock::now();
		for (auto &s : steps) s.run.execute(stream, s.arguments);
		stream.wait();
		std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
		printf("%.4f\n", took.count());
		fflush(stdout);
	}
} catch (const std::exception &e) {
	fprintf(stderr, "%s\n", e.what());
	return 1;
}
