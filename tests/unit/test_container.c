// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which container the text of /proc/PID/cgroup says: the ways of each runtime to name cgroups, in
 * both versions of cgroups and in their mixtures.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/container.h"
#include "view/container_view.h"
#include "view/object_json.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define A   "3f2a9c01b7de4f5061728394a5b6c7d8e9f00112233445566778899aabbccdde"
#define B   "00ff9c01b7de4f5061728394a5b6c7d8e9f00112233445566778899aabbccdd0"
#define POD "kubepods-burstable-pod2b801b7a_c266_4930_a99e_d25f9ab5a4ab"

struct sample {
	const char *text;
	enum container_runtime runtime;
	const char *id;
};

static void check(const struct sample *samples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct container container;

		memset(&container, 0xaa, sizeof(container));
		container__parse(samples[i].text, strlen(samples[i].text), &container);
		if (container.runtime != samples[i].runtime ||
		    strcmp(container.id, samples[i].id) != 0)
			fail_msg("%s\nis %s:%s", samples[i].text,
				 container_runtime__name(container.runtime), container.id);
	}
}

static void test_docker(void **state)
{
	static const struct sample samples[] = {
		{"0::/system.slice/docker-" A ".scope\n", RUNTIME_DOCKER, A},
		{"0::/docker/" A "\n", RUNTIME_DOCKER, A},
		/* Docker as a user, by systemd's user instance. */
		{"0::/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" A ".scope\n",
		 RUNTIME_DOCKER, A},
		/* Below it, as systemd in a container makes it. */
		{"0::/system.slice/docker-" A ".scope/system.slice/nginx.service\n", RUNTIME_DOCKER,
		 A},
		{"0::/system.slice/docker-" A ".scope/init.scope\n", RUNTIME_DOCKER, A},
		/* Version 1: a line a controller, and the controllers in any order. */
		{"12:pids:/docker/" A "\n11:devices:/docker/" A "\n4:cpu,cpuacct:/docker/" A
		 "\n1:name=systemd:/docker/" A "\n",
		 RUNTIME_DOCKER, A},
		/* Hybrid: version 2 knows nothing of it, or the daemon's service alone. */
		{"3:memory:/docker/" A "\n1:name=systemd:/docker/" A "\n0::/\n", RUNTIME_DOCKER, A},
		{"3:memory:/docker/" A "\n1:name=systemd:/docker/" A
		 "\n0::/system.slice/docker.service\n",
		 RUNTIME_DOCKER, A},
		{"3:rdma:/\n2:memory:/system.slice/docker-" A ".scope\n0::/system.slice\n",
		 RUNTIME_DOCKER, A},
		/* cri-dockerd. */
		{"0::/kubepods.slice/kubepods-burstable.slice/" POD ".slice/docker-" A ".scope\n",
		 RUNTIME_DOCKER, A},
		/* The daemons themselves. */
		{"0::/system.slice/docker.service\n", RUNTIME_UNIT, "docker.service"},
		{"0::/system.slice/docker.socket\n", RUNTIME_NONE, ""},
		{"0::/docker\n", RUNTIME_NONE, ""},
		{"0::/docker/buildkit\n", RUNTIME_NONE, ""},
	};

	(void)state;
	check(samples, COUNT(samples));
}

static void test_kubernetes(void **state)
{
	static const struct sample samples[] = {
		{"0::/kubepods.slice/kubepods-burstable.slice/" POD ".slice/cri-containerd-" A
		 ".scope\n",
		 RUNTIME_CONTAINERD, A},
		{"0::/kubepods/burstable/pod2b801b7a-c266-4930-a99e-d25f9ab5a4ab/" A "\n",
		 RUNTIME_CONTAINERD, A},
		{"0::/kubepods/besteffort/pod2b801b7a/" A "\n", RUNTIME_CONTAINERD, A},
		{"11:cpuset:/kubepods.slice/" POD ".slice/" A "\n", RUNTIME_CONTAINERD, A},
		/* A scope's name in systemd's three parts, where cgroupfs took it for a path. */
		{"9:pids:/system.slice/containerd.service/" POD ".slice:cri-containerd:" A "\n",
		 RUNTIME_CONTAINERD, A},
		{"0::/" POD ".slice:cri-containerd:" A "\n", RUNTIME_CONTAINERD, A},
		{"0::/system.slice/nerdctl-" A ".scope\n", RUNTIME_CONTAINERD, A},
		{"0::/kubepods.slice/" POD ".slice/crio-" A ".scope\n", RUNTIME_CRIO, A},
		{"0::/kubepods.slice/" POD ".slice/crio-" A ".scope/container\n", RUNTIME_CRIO, A},
		{"4:cpu:/kubepods/burstable/pod2b80/crio-" A "\n", RUNTIME_CRIO, A},
		{"0::/kubepods.slice/" POD ".slice/crio-conmon-" A ".scope\n", RUNTIME_UNIT,
		 "crio-conmon-" A ".scope"},
		{"4:cpu:/kubepods/burstable/pod2b80/crio-conmon-" A "\n", RUNTIME_NONE, ""},
		{"0::/system.slice/crio.service\n", RUNTIME_UNIT, "crio.service"},
		/* A pod and nothing in it. */
		{"0::/kubepods.slice/kubepods-burstable.slice/" POD ".slice\n", RUNTIME_NONE, ""},
		{"0::/system.slice/containerd.service\n", RUNTIME_UNIT, "containerd.service"},
	};

	(void)state;
	check(samples, COUNT(samples));
}

static void test_podman(void **state)
{
	static const struct sample samples[] = {
		{"0::/machine.slice/libpod-" A ".scope\n", RUNTIME_PODMAN, A},
		{"0::/machine.slice/libpod-" A ".scope/container\n", RUNTIME_PODMAN, A},
		{"0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" A
		 ".scope/container\n",
		 RUNTIME_PODMAN, A},
		{"0::/machine.slice/libpod-conmon-" A ".scope\n", RUNTIME_UNIT,
		 "libpod-conmon-" A ".scope"},
		{"0::/machine.slice/machine-libpod_pod_" B ".slice/libpod-" A ".scope/container\n",
		 RUNTIME_PODMAN, A},
		{"0::/machine.slice/machine-libpod_pod_" B ".slice\n", RUNTIME_PODMAN, B},
		{"0::/machine.slice/machine-libpod_pod_" B ".slice/libpod-conmon-" A ".scope\n",
		 RUNTIME_UNIT, "libpod-conmon-" A ".scope"},
		{"0::/libpod_parent/libpod-" A "\n", RUNTIME_PODMAN, A},
		{"0::/libpod_parent/libpod_pod_" B "/" A "\n", RUNTIME_PODMAN, A},
		{"0::/libpod_parent/" A "\n", RUNTIME_PODMAN, A},
		{"0::/libpod_parent/libpod-conmon-" A "\n", RUNTIME_NONE, ""},
		/* By Quadlet: a service, and the container in it. */
		{"0::/system.slice/web.service/libpod-payload-" A "\n", RUNTIME_UNIT,
		 "web.service"},
	};

	(void)state;
	check(samples, COUNT(samples));
}

static void test_machines(void **state)
{
	static const struct sample samples[] = {
		{"0::/lxc.payload.web\n", RUNTIME_LXC, "web"},
		{"0::/lxc.payload.web/system.slice/ssh.service\n", RUNTIME_LXC, "web"},
		{"0::/lxc.payload/web/init.scope\n", RUNTIME_LXC, "web"},
		{"0::/lxc/104/ns/system.slice/cron.service\n", RUNTIME_LXC, "104"},
		{"0::/lxc.monitor.web\n", RUNTIME_NONE, ""},
		{"0::/lxc.monitor/web\n", RUNTIME_NONE, ""},
		{"0::/machine.slice/machine-web.scope\n", RUNTIME_NSPAWN, "web"},
		{"0::/machine.slice/machine-web.scope/payload/system.slice/ssh.service\n",
		 RUNTIME_NSPAWN, "web"},
		{"0::/machine.slice/machine-my\\x2dweb\\x40one.scope/payload\n", RUNTIME_NSPAWN,
		 "my-web@one"},
		{"0::/machine.slice/machine-web.scope/supervisor\n", RUNTIME_UNIT,
		 "machine-web.scope"},
		{"0::/machine.slice/machine-web.scope/payload/supervisor\n", RUNTIME_NSPAWN, "web"},
		{"0::/machine.slice/systemd-nspawn@web.service/payload/init.scope\n",
		 RUNTIME_NSPAWN, "web"},
		{"0::/machine.slice/systemd-nspawn@web.service/supervisor\n", RUNTIME_UNIT,
		 "systemd-nspawn@web.service"},
		/* Virtual machines of libvirt. */
		{"0::/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt/emulator\n",
		 RUNTIME_UNIT, "machine-qemu\\x2d1\\x2dvm.scope"},
		/* What cannot be unescaped stays. */
		{"0::/machine.slice/machine-a\\x00b\\x2.scope\n", RUNTIME_NSPAWN, "a\\x00b\\x2"},
		{"0::/machine.slice/machine-a\\x1b\\xff.scope\n", RUNTIME_NSPAWN, "a\x1b\xff"},
	};

	(void)state;
	check(samples, COUNT(samples));
}

static void test_units(void **state)
{
	static const struct sample samples[] = {
		{"0::/system.slice/nginx.service\n", RUNTIME_UNIT, "nginx.service"},
		{"0::/system.slice/system-postgresql.slice/postgresql@15-main.service\n",
		 RUNTIME_UNIT, "postgresql@15-main.service"},
		{"0::/user.slice/user-1000.slice/session-3.scope\n", RUNTIME_UNIT,
		 "session-3.scope"},
		{"0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-foot.service\n",
		 RUNTIME_UNIT, "app-foot.service"},
		{"0::/user.slice/user-1000.slice/user@1000.service/app.slice\n", RUNTIME_UNIT,
		 "user@1000.service"},
		{"0::/user.slice/user-1000.slice/user@1000.service/init.scope\n", RUNTIME_UNIT,
		 "user@1000.service"},
		{"0::/init.scope\n", RUNTIME_UNIT, "init.scope"},
		{"0::/system.slice/_cpu.service\n", RUNTIME_UNIT, "cpu.service"},
		{"0::/system.slice/systemd-udevd.service/udev\n", RUNTIME_UNIT,
		 "systemd-udevd.service"},
		/* systemd on version 1 and hybrid: not all controllers have the unit. */
		{"5:memory:/system.slice\n2:cpu,cpuacct:/\n1:name=systemd:/system.slice/"
		 "cron.service\n",
		 RUNTIME_UNIT, "cron.service"},
		{"5:memory:/user.slice/user-0.slice/user@0.service\n1:name=systemd:/user.slice/"
		 "user-0.slice/user@0.service/app.slice/a.service\n0::/user.slice\n",
		 RUNTIME_UNIT, "a.service"},
		/* Neither. */
		{"0::/\n", RUNTIME_NONE, ""},
		{"0::/user.slice\n", RUNTIME_NONE, ""},
		{"9:name=systemd:/\n4:memory:/batch/7f8c7e3a2b1d98dcc43601ba715182d4\n0::/\n",
		 RUNTIME_NONE, ""},
		{"0::/.service\n", RUNTIME_NONE, ""},
	};

	(void)state;
	check(samples, COUNT(samples));
}

static void test_nested(void **state)
{
	static const struct sample samples[] = {
		{"0::/docker/" A "/docker/" B "\n", RUNTIME_DOCKER, B},
		{"0::/lxc.payload.host/system.slice/docker-" B ".scope\n", RUNTIME_DOCKER, B},
		{"0::/system.slice/docker-" A ".scope/kubelet/kubepods/burstable/pod1/" B "\n",
		 RUNTIME_CONTAINERD, B},
		{"0::/lxc.payload.host/system.slice/docker.service\n", RUNTIME_LXC, "host"},
		/* The deepest of the lines, wherever it stands. */
		{"3:memory:/docker/" A "\n2:pids:/docker/" A "/docker/" B "\n1:cpu:/docker/" A "\n",
		 RUNTIME_DOCKER, B},
		/* A monitor in a container is in that container. */
		{"0::/docker/" A "/machine.slice/libpod-conmon-" B ".scope\n", RUNTIME_DOCKER, A},
		{"0::/docker/" A "/machine.slice/machine-web.scope/supervisor\n", RUNTIME_DOCKER,
		 A},
	};

	(void)state;
	check(samples, COUNT(samples));
}

static void test_borders(void **state)
{
	static const struct sample samples[] = {
		/* From inside a cgroup namespace. */
		{"0::/../docker-" A ".scope\n", RUNTIME_DOCKER, A},
		{"0::/../../machine.slice/libpod-" A ".scope/container\n", RUNTIME_PODMAN, A},
		{"0::/../..\n", RUNTIME_NONE, ""},
		{"0::/../" A "\n", RUNTIME_OCI, A},
		/* Removed while the process ends. */
		{"0::/system.slice/docker-" A ".scope (deleted)\n", RUNTIME_DOCKER, A},
		{"0::/docker/" A " (deleted)\n", RUNTIME_DOCKER, A},
		{"0::/system.slice/cron.service (deleted)\n", RUNTIME_UNIT, "cron.service"},
		/* Ids that are none. */
		{"0::/docker/3f2a9c01b7de\n", RUNTIME_NONE, ""},
		{"0::/docker/" A "0\n", RUNTIME_NONE, ""},
		{"0::/docker/g" A "\n", RUNTIME_NONE, ""},
		{"0::/system.slice/docker-web.scope\n", RUNTIME_UNIT, "docker-web.scope"},
		{"0::/ecs/6a/" A "\n", RUNTIME_OCI, A},
		/* Names may have colons; a cut file has no newline; other text has no cgroups. */
		{"0::/system.slice/a:b:c.service\n", RUNTIME_UNIT, "a:b:c.service"},
		{"0::/docker/" A, RUNTIME_DOCKER, A},
		{"\n\n0::/docker/" A "\n\n", RUNTIME_DOCKER, A},
		{"", RUNTIME_NONE, ""},
		{"/docker/" A "\n", RUNTIME_NONE, ""},
		{"0:/docker/" A "\n", RUNTIME_NONE, ""},
		{"0::", RUNTIME_NONE, ""},
		{"0::////docker////" A "//\n", RUNTIME_DOCKER, A},
	};

	(void)state;
	check(samples, COUNT(samples));
}

/* Names longer than any that the kernel gives are none. */
static void test_long(void **state)
{
	char text[1024] = "0::/lxc.payload.";
	struct container container;
	size_t begin = strlen(text);

	(void)state;
	memset(text + begin, 'n', CONTAINER_ID_LEN - 1);
	container__parse(text, strlen(text), &container);
	assert_int_equal(container.runtime, RUNTIME_LXC);
	assert_int_equal(strlen(container.id), CONTAINER_ID_LEN - 1);
	memset(text + begin, 'n', CONTAINER_ID_LEN);
	container__parse(text, strlen(text), &container);
	assert_int_equal(container.runtime, RUNTIME_NONE);
	memset(text + 4, '/', sizeof(text) - 5);
	container__parse(text, sizeof(text) - 1, &container);
	assert_int_equal(container.runtime, RUNTIME_NONE);
}

/* Nothing behind the text is read: the address sanitizer looks at each cut of each sample. */
static void test_cuts(void **state)
{
	static const char text[] = "4:cpu:/docker/" A
				   "/machine.slice/machine-a\\x2db.scope/supervisor\n"
				   "0::/machine.slice/machine-libpod_pod_" B
				   ".slice/libpod-conmon-" A ".scope (deleted)\n"
				   "1:x:/" POD ".slice:cri-containerd:" A "\n0::/lxc.payload/" B
				   "/_x.service\n";

	(void)state;
	for (size_t len = 0; len < sizeof(text); len++) {
		struct container container;
		char *copy = malloc(len + !len);

		assert_non_null(copy);
		memcpy(copy, text, len);
		container__parse(copy, len, &container);
		free(copy);
	}
}

static void test_matches(void **state)
{
	static const struct {
		struct container container;
		const char *pattern;
		bool matches;
	} cases[] = {
		{{RUNTIME_DOCKER, A}, A, true},
		{{RUNTIME_DOCKER, A}, "3f2a9c01b7de", true},
		{{RUNTIME_DOCKER, A}, "3F2A", true},
		{{RUNTIME_DOCKER, A}, "docker:3f2a", true},
		{{RUNTIME_DOCKER, A}, "docker:" A, true},
		{{RUNTIME_DOCKER, A}, "podman:3f2a", false},
		{{RUNTIME_DOCKER, A}, "docker:", false},
		{{RUNTIME_DOCKER, A}, "docker", false},
		{{RUNTIME_DOCKER, A}, "9c01", false},
		{{RUNTIME_DOCKER, A}, A "0", false},
		{{RUNTIME_CRIO, A}, "cri-o:3f2a9c01b7de", true},
		{{RUNTIME_LXC, "web"}, "web", true},
		{{RUNTIME_LXC, "web"}, "lxc:web", true},
		{{RUNTIME_LXC, "web"}, "we", false},
		{{RUNTIME_LXC, "web"}, "WEB", false},
		{{RUNTIME_NSPAWN, "web"}, "nspawn:web", true},
		{{RUNTIME_UNIT, "nginx.service"}, "nginx.service", true},
		{{RUNTIME_UNIT, "nginx.service"}, "nginx", true},
		{{RUNTIME_UNIT, "nginx.service"}, "systemd:nginx", true},
		{{RUNTIME_UNIT, "nginx.service"}, "ngin", false},
		{{RUNTIME_UNIT, "session-3.scope"}, "session-3", false},
		{{RUNTIME_UNIT, "session-31.scope"}, "session-3.scope", false},
		{{RUNTIME_UNIT, "systemd:x.service"}, "systemd:x.service", true},
		{{RUNTIME_NONE, ""}, "", false},
		{{RUNTIME_NONE, ""}, "none", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (container__matches(&cases[i].container, cases[i].pattern) != cases[i].matches)
			fail_msg("%s and %s", cases[i].container.id, cases[i].pattern);
}

static void check_text(const struct container *container, bool utf8, const char *expected)
{
	char text[512];
	struct buffer out;

	buffer__init(&out, text, sizeof(text) - 1);
	container_view__put_text(&out, container, utf8);
	assert_false(out.overflow);
	text[out.len] = '\0';
	assert_string_equal(text, expected);
}

static void test_text(void **state)
{
	struct container container = {RUNTIME_DOCKER, A};

	(void)state;
	check_text(NULL, false, "");
	check_text(&container, false, "docker:3f2a9c01b7de");
	container = (struct container){RUNTIME_UNIT, "postgresql@15-main.service"};
	check_text(&container, false, "postgresql@15-main.service");
	container = (struct container){RUNTIME_NONE, ""};
	check_text(&container, false, "-");
	/* Anybody may name a cgroup below the own. */
	container = (struct container){RUNTIME_LXC, "a\x1b[2J\\\xff"};
	check_text(&container, true, "lxc:a\\x1b[2J\\\\\\xff");
	container = (struct container){RUNTIME_UNIT, ""};
	memset(container.id, '\x01', CONTAINER_TEXT_MAX + 1);
	check_text(
		&container, false,
		"\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01"
		"\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01"
		"\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01"
		"\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01"
		"...");
}

/* Cells have room for the text, and not for what escaping might have made of it. */
static void test_text_in_a_cell(void **state)
{
	struct container container = {RUNTIME_NSPAWN, ""};
	char text[CONTAINER_TEXT_MAX + 10];
	struct buffer out;

	(void)state;
	memset(container.id, 'a', CONTAINER_TEXT_MAX + 1);
	buffer__init(&out, text, sizeof(text));
	container_view__put_text(&out, &container, true);
	assert_false(out.overflow);
	assert_int_equal(out.len, strlen("nspawn:") + CONTAINER_TEXT_MAX + strlen("..."));
}

/* The whole id, whatever it is, and room for the longest in each line. */
static void test_json(void **state)
{
	struct container container = {RUNTIME_NSPAWN, ""};
	char data[OBJECT_JSON_BYTES];
	struct json_writer w;

	(void)state;
	memset(container.id, '\x1b', CONTAINER_ID_LEN - 1);
	json_writer__init(&w, data, sizeof(data));
	json_writer__begin(&w, NULL);
	container_view__put_json(&w, "container", &container);
	container_view__put_json(&w, "other", NULL);
	json_writer__end(&w);
	assert_in_range(json_writer__finish(&w), 6 * (CONTAINER_ID_LEN - 1), sizeof(data));
	assert_null(memchr(data, '\x1b', w.out.len));
	data[w.out.len] = '\0';
	assert_non_null(strstr(data, "{\"container\":{\"runtime\":\"nspawn\",\"id\":\"\\u001b"));
	assert_non_null(strstr(data, "\"other\":null}"));

	container = (struct container){RUNTIME_NONE, ""};
	json_writer__init(&w, data, sizeof(data));
	json_writer__begin(&w, NULL);
	container_view__put_json(&w, "container", &container);
	json_writer__end(&w);
	data[json_writer__finish(&w)] = '\0';
	assert_string_equal(data, "{\"container\":{\"runtime\":\"none\",\"id\":null}}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_docker),	cmocka_unit_test(test_kubernetes),
		cmocka_unit_test(test_podman),	cmocka_unit_test(test_machines),
		cmocka_unit_test(test_units),	cmocka_unit_test(test_nested),
		cmocka_unit_test(test_borders), cmocka_unit_test(test_long),
		cmocka_unit_test(test_cuts),	cmocka_unit_test(test_matches),
		cmocka_unit_test(test_text),	cmocka_unit_test(test_text_in_a_cell),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
