#include "tools/otpctl/child_output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int spawn(const char *const argv[], int output, pid_t *ret)
{
	static char *const environment[] = {NULL};
	posix_spawn_file_actions_t actions;
	int r = posix_spawn_file_actions_init(&actions);

	if (r != 0)
		return -r;
	r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
	/* posix_spawn(3) takes what it never writes to as char *const []. */
	if (r == 0)
		r = posix_spawn(ret, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environment);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

/* Reads to the end, or for as long as allowed; what does not fit is dropped. */
static int read_until(int fd, int64_t deadline, char *text, size_t size)
{
	size_t used = 0;

	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int64_t left = deadline - now_ms();
		char rest[4096];
		bool full = used + 1 >= size;
		ssize_t n;

		text[used] = '\0';
		if (left <= 0 || poll(&p, 1, (int)left) == 0)
			return -ETIMEDOUT;
		n = read(fd, full ? rest : text + used, full ? sizeof(rest) : size - used - 1);
		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		used += n > 0 && !full ? (size_t)n : 0;
	}
}

int child_output(const char *const argv[], unsigned timeout_ms, char *text, size_t size)
{
	int64_t deadline = now_ms() + timeout_ms;
	int pipes[2], r, status = 0;
	pid_t child;

	text[0] = '\0';
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return -errno;
	r = spawn(argv, pipes[1], &child);
	close(pipes[1]);
	if (r == 0) {
		r = read_until(pipes[0], deadline, text, size);
		if (r < 0)
			kill(child, SIGKILL);
		while (waitpid(child, &status, 0) < 0 && errno == EINTR)
			;
	}
	close(pipes[0]);
	if (r < 0)
		return r;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -ECANCELED;
}
