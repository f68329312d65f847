#include "daemon/base/config.h"

#include "daemon/base/address.h"
#include "daemon/base/config_schema.h"
#include "daemon/base/secret.h"
#include "wire/proto.h"

#include <confuse.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIG_FILE_MAX (1024 * 1024)

/* libconfuse's error callback has no argument of ours; only the first error of a load is kept. */
static __thread char *error_sink;
static __thread const char *parsed_path; /* while a file is parsed: libconfuse knows it in titled sections only */

static void keep_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void keep_error(const char *format, ...)
{
	va_list args;

	if (!error_sink || error_sink[0])
		return;
	va_start(args, format);
	vsnprintf(error_sink, CONFIG_WHY_MAX, format, args);
	va_end(args);
}

static void on_error(cfg_t *cfg, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
static void on_error(cfg_t *cfg, const char *format, va_list args)
{
	char what[CONFIG_WHY_MAX - 128];

	vsnprintf(what, sizeof(what), format, args);
	keep_error("%s:%d: %s", parsed_path ? parsed_path : cfg->filename, cfg->line, what);
}

/* Values */

int64_t config_duration(const char *text)
{
	static const struct {
		const char *unit;
		int64_t seconds;
	} units[] = {{"", 1}, {"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}};
	char *end;
	long n;

	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	errno = 0;
	n = strtol(text, &end, 10);
	if (errno || n <= 0 || n > 1000000)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(end, units[i].unit) == 0)
			return n * units[i].seconds;
	return -EINVAL;
}

int config_rate(const char *text, struct config_rate *ret)
{
	char *end;
	long count;

	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	errno = 0;
	count = strtol(text, &end, 10);
	if (errno || count <= 0 || count > 1000000 || *end != '/')
		return -EINVAL;
	*ret = (struct config_rate){.count = count, .period = config_duration(end + 1)};
	return ret->period > 0 ? 0 : -EINVAL;
}

int config_money(const char *text, struct config_money *ret)
{
	int whole = 0, fraction = 0, length = 0;
	int64_t unit = 1000000;
	long long amount, part = 0;

	*ret = (struct config_money){0};
	if (text[0] < '0' || text[0] > '9' || sscanf(text, "%10lld%n", &amount, &whole) != 1)
		return -EINVAL;
	text += whole;
	if (*text == '.') {
		fraction = (int)strspn(++text, "0123456789");
		if (fraction < 1 || fraction > 6)
			return -EINVAL;
		for (int i = 0; i < fraction; i++, unit /= 10)
			part = part * 10 + (text[i] - '0');
		text += fraction;
	}
	if (sscanf(text, " %3[A-Z]%n", ret->currency, &length) != 1 || text[length] || strlen(ret->currency) != 3)
		return -EINVAL;
	ret->micro = (int64_t)amount * 1000000 + part * unit;
	return 0;
}

static int name_index(const char *const *names, const char *value)
{
	for (int i = 0; names[i]; i++)
		if (strcmp(names[i], value) == 0)
			return i;
	return -1;
}

static bool prefix_ok(const char *text)
{
	return text[0] == '+' && text[1] >= '1' && text[1] <= '9' &&
	       strspn(text + 1, "0123456789") == strlen(text + 1) && strlen(text) < PHONE_MAX;
}

/* NULL if the value may stand there, else what it should be. */
static const char *value_error(const struct config_field *f, const char *value)
{
	struct config_money money;
	struct config_rate rate;
	struct address block;
	unsigned bits;

	switch (f->kind) {
	case CONFIG_CHOICE:
	case CONFIG_WORD:
		return name_index(f->names, value) >= 0 ? NULL : "is not one of the words that this key takes";
	case CONFIG_PATH:
		return !*value || value[0] == '/' ? NULL : "is not an absolute path";
	case CONFIG_SECRET:
		return *value ? secret_reference_error(value) : NULL;
	case CONFIG_RATES:
		return config_rate(value, &rate) == 0 ? NULL : "is not a rate such as \"3/10min\"";
	case CONFIG_SECONDS:
		return config_duration(value) > 0 ? NULL : "is not a number of seconds";
	case CONFIG_PREFIXES:
		return prefix_ok(value) ? NULL : "is not a number's beginning such as \"+966\"";
	case CONFIG_MONEY:
		return !*value || config_money(value, &money) == 0 ? NULL : "is not an amount such as \"0.0145 USD\"";
	case CONFIG_BLOCKS:
		return address_block_parse(value, &block, &bits) == 0
			       ? NULL
			       : "is not an address block such as \"10.0.0.0/8\"";
	default:
		return NULL;
	}
}

/* A secret that stands in the file by mistake must not reach a log through the error. */
static bool value_may_be_shown(const struct config_field *f)
{
	return f->kind != CONFIG_SECRET;
}

static int check_value(cfg_t *cfg, const struct config_field *f, const char *value)
{
	const char *error = value_error(f, value);

	if (!error)
		return 0;
	if (value_may_be_shown(f))
		cfg_error(cfg, "%s: \"%s\" %s", f->key, value, error);
	else
		cfg_error(cfg, "%s: %s", f->key, error);
	return -1;
}

static const struct config_section *find_section(const char *name)
{
	for (size_t i = 0; i < config_section_count; i++)
		if (strcmp(config_sections[i].name, name) == 0)
			return &config_sections[i];
	return NULL;
}

static size_t most_values(const struct config_field *f)
{
	if (f->kind == CONFIG_RATES)
		return CONFIG_RATES_MAX;
	return f->kind == CONFIG_SECONDS ? CONFIG_COOLDOWN_MAX : SIZE_MAX;
}

/* Called by libconfuse at each value, so that an error has its line. */
static int check_option(cfg_t *cfg, cfg_opt_t *opt)
{
	const struct config_section *section = find_section(cfg->name);
	const struct config_field *f = section->fields;
	unsigned last = cfg_opt_size(opt) - 1;

	while (strcmp(f->key, opt->name) != 0)
		f++;
	if (f->kind == CONFIG_BOOL)
		return 0;
	if (f->kind == CONFIG_INT) {
		long n = cfg_opt_getnint(opt, last);

		if (n >= f->least && n <= f->most)
			return 0;
		cfg_error(cfg, "%s: %ld is not between %lld and %lld", f->key, n, (long long)f->least,
			  (long long)f->most);
		return -1;
	}
	if (last >= most_values(f)) {
		cfg_error(cfg, "%s: at most %zu values", f->key, most_values(f));
		return -1;
	}
	return check_value(cfg, f, cfg_opt_getnstr(opt, last));
}

/* Called at a section's end: for what is found wrong later, a titled one knows its file, any other the last one. */
static int remember_file(cfg_t *cfg, cfg_opt_t *opt)
{
	cfg_t *section = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);

	(void)cfg;
	free(section->filename);
	section->filename = strdup(parsed_path);
	return 0;
}

/* The parser's options */

static bool is_list(const struct config_field *f)
{
	switch (f->kind) {
	case CONFIG_LIST:
	case CONFIG_RATES:
	case CONFIG_SECONDS:
	case CONFIG_PREFIXES:
	case CONFIG_BLOCKS:
		return true;
	default:
		return false;
	}
}

static cfg_opt_t option_of(const struct config_field *f)
{
	/* libconfuse does not write to the default of a list, though its type is char *. */
	char *text = (char *)(uintptr_t)f->text;

	if (is_list(f))
		return (cfg_opt_t)CFG_STR_LIST(f->key, text, CFGF_NONE);
	if (f->kind == CONFIG_INT)
		return (cfg_opt_t)CFG_INT(f->key, (long)f->number, CFGF_NONE);
	if (f->kind == CONFIG_BOOL)
		return (cfg_opt_t)CFG_BOOL(f->key, f->number ? cfg_true : cfg_false, CFGF_NONE);
	return (cfg_opt_t)CFG_STR(f->key, f->kind == CONFIG_CHOICE ? f->names[0] : text, CFGF_NONE);
}

static cfg_opt_t *section_options(const struct config_section *section)
{
	cfg_opt_t *options = calloc(section->field_count + 1, sizeof(*options));

	if (!options)
		return NULL;
	for (size_t i = 0; i < section->field_count; i++)
		options[i] = option_of(&section->fields[i]);
	options[section->field_count] = (cfg_opt_t)CFG_END();
	return options;
}

static cfg_t *new_tree(void)
{
	cfg_opt_t root[16] = {0};
	cfg_opt_t *options[16] = {0};
	cfg_t *tree = NULL;
	bool complete = true;

	for (size_t i = 0; i < config_section_count; i++) {
		cfg_flag_t flags =
			config_sections[i].count_offset ? CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES : CFGF_NONE;

		options[i] = section_options(&config_sections[i]);
		complete = complete && options[i];
		root[i] = (cfg_opt_t)CFG_SEC(config_sections[i].name, options[i], flags);
	}
	root[config_section_count] = (cfg_opt_t)CFG_END();
	if (complete)
		tree = cfg_init(root, CFGF_NONE); /* copies the options */
	for (size_t i = 0; i < config_section_count; i++)
		free(options[i]);
	if (!tree)
		return NULL;
	cfg_set_error_function(tree, on_error);
	for (size_t i = 0; i < config_section_count; i++) {
		cfg_set_validate_func(tree, config_sections[i].name, remember_file);
		for (size_t k = 0; k < config_sections[i].field_count; k++) {
			char name[80];

			snprintf(name, sizeof(name), "%s|%s", config_sections[i].name,
				 config_sections[i].fields[k].key);
			cfg_set_validate_func(tree, name, check_option);
		}
	}
	return tree;
}

/* Files */

/*
 * libconfuse counts the lines of a comment twice: it gets blanks in their place. And it takes the end of the file for
 * the end of every open section; a file cut short must not be half a config.
 */
static int tidy(const char *path, char *text)
{
	int depth = 0, line = 1;
	char quote = '\0';
	enum { CODE, LINE_COMMENT, BLOCK_COMMENT } in = CODE;

	for (char *s = text; *s; s++) {
		if (*s == '\n') {
			line++;
			in = in == LINE_COMMENT ? CODE : in;
		} else if (in == BLOCK_COMMENT) {
			if (s[0] == '*' && s[1] == '/') {
				in = CODE;
				*s++ = ' ';
			}
			*s = ' ';
		} else if (in == LINE_COMMENT) {
			*s = ' ';
		} else if (quote) {
			if (*s == '\\' && s[1] && s[1] != '\n')
				s++;
			else if (*s == quote)
				quote = '\0';
		} else if (*s == '"' || *s == '\'') {
			quote = *s;
		} else if (*s == '#' || (s[0] == '/' && s[1] == '/')) {
			in = LINE_COMMENT;
			*s = ' ';
		} else if (s[0] == '/' && s[1] == '*') {
			in = BLOCK_COMMENT;
			*s++ = ' ';
			*s = ' ';
		} else {
			depth += (*s == '{') - (*s == '}');
		}
	}
	if (depth == 0 && !quote && in != BLOCK_COMMENT)
		return 0;
	keep_error("%s:%d: the file ends inside a section, a string or a comment", path, line);
	return -EINVAL;
}

static int check_owner(int fd, const char *path)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		keep_error("%s: is not a regular file", path);
	else if (st.st_uid != 0 && st.st_uid != geteuid())
		keep_error("%s: belongs to another user: chown it to root", path);
	else if (st.st_mode & 022)
		keep_error("%s: can be written by others: chmod go-w", path);
	else if (st.st_size > CONFIG_FILE_MAX)
		keep_error("%s: is larger than 1 MiB", path);
	else
		return 0;
	return -EPERM;
}

/* The file's text, for free(). */
static int read_file(const char *path, char **ret)
{
	size_t used = 0;
	ssize_t n = 1;
	char *text;
	int r, fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0) {
		r = -errno;
		keep_error("%s: %s", path, r == -ELOOP ? "is a symbolic link" : strerror(-r));
		return r;
	}
	r = check_owner(fd, path);
	text = r == 0 ? malloc(CONFIG_FILE_MAX + 1) : NULL;
	if (r == 0 && !text)
		r = -ENOMEM;
	while (r == 0 && n > 0 && used < CONFIG_FILE_MAX) {
		n = TEMP_FAILURE_RETRY(read(fd, text + used, CONFIG_FILE_MAX - used));
		if (n < 0)
			r = -errno;
		else
			used += (size_t)n;
	}
	close(fd);
	if (r < 0) {
		keep_error("%s: %s", path, strerror(-r));
		free(text);
		return r;
	}
	text[used] = '\0';
	if (strlen(text) < used) { /* what follows it would be lost without a word */
		keep_error("%s: holds a NUL byte", path);
		free(text);
		return -EINVAL;
	}
	*ret = text;
	return 0;
}

static int parse_text(cfg_t *tree, const char *path, char *text)
{
	FILE *stream;
	int r = tidy(path, text);

	if (r < 0 || !*text)
		return r;
	stream = fmemopen(text, strlen(text), "r");
	if (!stream)
		return -errno;
	free(tree->filename);
	tree->filename = strdup(path);
	parsed_path = path;
	r = cfg_parse_fp(tree, stream);
	parsed_path = NULL;
	fclose(stream);
	if (r == CFG_SUCCESS)
		return 0;
	keep_error("%s: cannot be parsed", path);
	return -EINVAL;
}

static int parse_file(cfg_t *tree, const char *path)
{
	char *text = NULL;
	int r = read_file(path, &text);

	if (r < 0)
		return r;
	r = parse_text(tree, path, text);
	free(text);
	return r;
}

static int is_conf(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return n > 5 && entry->d_name[0] != '.' && strcmp(entry->d_name + n - 5, ".conf") == 0;
}

static int parse_directory(cfg_t *tree, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct dirent **entries = NULL;
	char *directory, *file;
	int n, r = 0;

	if (asprintf(&directory, "%.*sconf.d", slash ? (int)(slash - path + 1) : 0, path) < 0)
		return -ENOMEM;
	n = scandir(directory, &entries, is_conf, alphasort);
	if (n < 0 && errno != ENOENT) {
		r = -errno;
		keep_error("%s: %s", directory, strerror(-r));
	}
	for (int i = 0; i < n; i++) {
		if (r == 0 && asprintf(&file, "%s/%s", directory, entries[i]->d_name) < 0)
			r = -ENOMEM;
		else if (r == 0) {
			r = parse_file(tree, file);
			free(file);
		}
		free(entries[i]);
	}
	free(entries);
	free(directory);
	return r;
}

/* From the tree into the structs */

static int copy_list(cfg_t *cfg, const char *key, char ***ret)
{
	unsigned n = cfg_size(cfg, key);

	*ret = calloc(n + 1, sizeof(char *));
	if (!*ret)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++)
		(*ret)[i] = cfg_getnstr(cfg, key, i);
	return 0;
}

static void copy_rates(cfg_t *cfg, const char *key, struct config_rates *ret)
{
	ret->count = cfg_size(cfg, key);
	for (unsigned i = 0; i < ret->count; i++)
		(void)config_rate(cfg_getnstr(cfg, key, i), &ret->rate[i]);
}

static void copy_cooldown(cfg_t *cfg, const char *key, struct config_limits *ret)
{
	ret->resend_cooldown_count = cfg_size(cfg, key);
	for (unsigned i = 0; i < ret->resend_cooldown_count; i++)
		ret->resend_cooldown[i] = config_duration(cfg_getnstr(cfg, key, i));
}

static int copy_field(cfg_t *cfg, const struct config_field *f, void *base)
{
	void *to = (char *)base + f->offset;

	switch (f->kind) {
	case CONFIG_INT:
		*(int64_t *)to = cfg_getint(cfg, f->key);
		return 0;
	case CONFIG_BOOL:
		*(bool *)to = cfg_getbool(cfg, f->key) == cfg_true;
		return 0;
	case CONFIG_CHOICE:
		*(int *)to = name_index(f->names, cfg_getstr(cfg, f->key));
		return 0;
	case CONFIG_LIST:
	case CONFIG_PREFIXES:
	case CONFIG_BLOCKS:
		return copy_list(cfg, f->key, to);
	case CONFIG_RATES:
		copy_rates(cfg, f->key, to);
		return 0;
	case CONFIG_SECONDS:
		copy_cooldown(cfg, f->key, base);
		return 0;
	case CONFIG_MONEY:
		if (*cfg_getstr(cfg, f->key))
			(void)config_money(cfg_getstr(cfg, f->key), to);
		return 0;
	case CONFIG_RESERVED:
		return 0;
	default:
		*(char **)to = cfg_getstr(cfg, f->key);
		return 0;
	}
}

static int copy_section(cfg_t *cfg, const struct config_section *section, void *base)
{
	int r = 0;

	for (size_t i = 0; i < section->field_count && r == 0; i++)
		r = copy_field(cfg, &section->fields[i], base);
	return r;
}

static int copy_titled(cfg_t *tree, const struct config_section *section, struct config *config)
{
	unsigned n = cfg_size(tree, section->name);
	/* One more than there are: config_complete() may add "default". */
	char *array = calloc(n + 1, section->size);
	int r = 0;

	if (!array)
		return -ENOMEM;
	*(char **)((char *)config + section->offset) = array;
	*(size_t *)((char *)config + section->count_offset) = n;
	for (unsigned i = 0; i < n && r == 0; i++) {
		cfg_t *one = cfg_getnsec(tree, section->name, i);
		char *base = array + i * section->size;

		*(const char **)base = cfg_title(one);
		r = copy_section(one, section, base);
	}
	return r;
}

static int copy_tree(cfg_t *tree, struct config *config)
{
	int r = 0;

	for (size_t i = 0; i < config_section_count && r == 0; i++) {
		const struct config_section *section = &config_sections[i];

		if (section->count_offset)
			r = copy_titled(tree, section, config);
		else if (section->size)
			r = copy_section(cfg_getsec(tree, section->name), section, (char *)config + section->offset);
	}
	for (size_t i = 0; i < config->channel_count; i++) {
		cfg_t *one = cfg_getnsec(tree, "channel", (unsigned)i);

		config->channels[i].file = one->filename;
		config->channels[i].line = one->line;
	}
	for (size_t i = 0; i < config->text_count; i++) {
		cfg_t *one = cfg_getnsec(tree, "text", (unsigned)i);

		config->texts[i].file = one->filename;
		config->texts[i].line = one->line;
	}
	config->webhook.file = cfg_getsec(tree, "webhook")->filename;
	config->webhook.line = cfg_getsec(tree, "webhook")->line;
	return r;
}

/* What one value cannot tell */

static cfg_t *section_of(cfg_t *tree, const char *section, size_t i)
{
	return cfg_getnsec(tree, section, (unsigned)i);
}

/* Titles travel in messages and stand in logs. */
static int check_titles(cfg_t *tree)
{
	for (size_t s = 0; s < config_section_count; s++)
		for (unsigned i = 0; config_sections[s].count_offset && i < cfg_size(tree, config_sections[s].name);
		     i++) {
			cfg_t *one = cfg_getnsec(tree, config_sections[s].name, i);
			const char *title = cfg_title(one);

			if (title[0] && strlen(title) < WIRE_NAME_MAX && wire_text_ok(title, strlen(title)))
				continue;
			cfg_error(one, "%s: its title is empty, longer than %d bytes or holds control characters",
				  config_sections[s].name, WIRE_NAME_MAX - 1);
			return -EINVAL;
		}
	return 0;
}

static int check_channels(cfg_t *tree, const struct config *config)
{
	for (size_t i = 0; i < config->channel_count; i++)
		if (strcmp(config->channels[i].name, "auto") == 0) {
			cfg_error(section_of(tree, "channel", i),
				  "channel \"auto\": that word means no preference: take another name");
			return -EINVAL;
		} else if (!config->channels[i].driver[0]) {
			cfg_error(section_of(tree, "channel", i), "channel \"%s\": driver is missing",
				  config->channels[i].name);
			return -EINVAL;
		}
	return 0;
}

static void find_kinds(struct config *config)
{
	for (size_t i = 0; i < config->channel_count; i++) {
		struct config_channel *channel = &config->channels[i];
		const struct driver *driver = driver_find(channel->driver);

		channel->kind = driver ? driver->kind : CHANNEL_SMS;
		if (channel->kind_name[0])
			channel->kind = (enum channel_kind)name_index(channel_kind_names, channel->kind_name);
	}
}

/* Amounts of two currencies cannot be added. */
static int check_money(cfg_t *tree, struct config *config)
{
	for (size_t i = 0; i <= config->channel_count; i++) {
		const struct config_channel *c = &config->channels[i];
		const bool channel = i < config->channel_count;
		const struct config_money *const all[] = {
			channel ? &c->cost : &config->limits.cost_per_hour,
			channel ? &c->cost_per_hour : &config->limits.cost_per_day,
			channel ? &c->cost_per_day : &config->limits.cost_per_day,
		};

		for (size_t k = 0; k < sizeof(all) / sizeof(all[0]); k++) {
			if (!all[k]->currency[0] || strcmp(all[k]->currency, config->currency) == 0)
				continue;
			if (config->currency[0]) {
				cfg_error(channel ? section_of(tree, "channel", i) : cfg_getsec(tree, "limits"),
					  "%s: an amount in %s beside amounts in %s: take one currency",
					  channel ? c->name : "limits", all[k]->currency, config->currency);
				return -EINVAL;
			}
			memcpy(config->currency, all[k]->currency, sizeof(config->currency));
		}
	}
	return 0;
}

/* Each channel of a list is there, and only once: the same one is never tried twice. */
static int check_list(cfg_t *section, const char *what, const char *whose, char *const *channels,
		      const struct config *config)
{
	for (size_t i = 0; channels[i]; i++) {
		if (!config_channel(config, channels[i])) {
			cfg_error(section, "%s \"%s\": there is no channel \"%s\"", what, whose, channels[i]);
			return -EINVAL;
		}
		for (size_t k = 0; k < i; k++)
			if (strcmp(channels[k], channels[i]) == 0) {
				cfg_error(section, "%s \"%s\": channel \"%s\" is there twice", what, whose,
					  channels[i]);
				return -EINVAL;
			}
	}
	return 0;
}

static int check_policies(cfg_t *tree, const struct config *config)
{
	int r = 0;

	for (size_t i = 0; i < config->policy_count && r == 0; i++)
		r = check_list(section_of(tree, "policy", i), "policy", config->policies[i].name,
			       config->policies[i].channels, config);
	return r;
}

static int check_routes(cfg_t *tree, const struct config *config)
{
	for (size_t i = 0; i < config->route_count; i++) {
		const struct config_route *route = &config->routes[i];

		if (route->fallback_least > route->fallback_most) {
			cfg_error(section_of(tree, "route", i),
				  "route \"%s\": fallback_least is more than fallback_most", route->name);
			return -EINVAL;
		}
		if (check_list(section_of(tree, "route", i), "route", route->name, route->channels, config) < 0)
			return -EINVAL;
		if (!route->channels[0]) {
			cfg_error(section_of(tree, "route", i), "route \"%s\": channels is empty", route->name);
			return -EINVAL;
		}
	}
	return 0;
}

static int check_limits(cfg_t *tree, const struct config *config)
{
	if (config->limits.resend_cooldown_count > 0 && config->limits.lock_time <= config->limits.lock_time_max)
		return 0;
	cfg_error(cfg_getsec(tree, "limits"), config->limits.resend_cooldown_count
						      ? "limits: lock_time is longer than lock_time_max"
						      : "limits: resend_cooldown is empty");
	return -EINVAL;
}

/* Moves the element whose name is "default" behind the others; their order stays. Returns false if there is none. */
static bool default_last(void *array, size_t count, size_t size)
{
	char *base = array, keep[512];

	for (size_t i = 0; i < count; i++)
		if (strcmp(*(char **)(base + i * size), "default") == 0) {
			memcpy(keep, base + i * size, size);
			memmove(base + i * size, base + (i + 1) * size, (count - i - 1) * size);
			memcpy(base + (count - 1) * size, keep, size);
			return true;
		}
	return false;
}

/* "default" always exists: without a section it has the defaults of every key; a route sends by all channels. */
static int add_defaults(struct config *config)
{
	static char name[] = "default";
	int r = 0;

	_Static_assert(sizeof(struct config_policy) <= 512 && sizeof(struct config_route) <= 512,
		       "default_last's buffer");
	if (!default_last(config->policies, config->policy_count, sizeof(*config->policies))) {
		cfg_opt_t *options = section_options(find_section("policy"));
		cfg_t *plain = options ? cfg_init(options, CFGF_NONE) : NULL;
		struct config_policy *policy = &config->policies[config->policy_count];

		free(options);
		if (!plain)
			return -ENOMEM;
		policy->name = name;
		config->policy_count++;
		r = copy_section(plain, find_section("policy"),
				 policy); /* the defaults hold no string of the plain tree */
		cfg_free(plain);
	}
	if (r == 0 && !default_last(config->routes, config->route_count, sizeof(*config->routes))) {
		struct config_route *route = &config->routes[config->route_count++];

		*route = (struct config_route){
			.name = name, .fallback_after = 25, .fallback_least = 15, .fallback_most = 60};
		route->countries = calloc(1, sizeof(char *));
		route->channels = calloc(config->channel_count + 1, sizeof(char *));
		if (!route->countries || !route->channels)
			return -ENOMEM;
		for (size_t i = 0, n = 0; i < config->channel_count; i++)
			if (config->channels[i].kind != CHANNEL_VOICE) /* calls nobody unless a route says so */
				route->channels[n++] = config->channels[i].name;
	}
	return r;
}

static int add_warning(struct config *config, const cfg_t *cfg, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static int add_warning(struct config *config, const cfg_t *cfg, const char *format, ...)
{
	size_t count = 0;
	char what[256], **grown;
	va_list args;

	while (config->warnings[count])
		count++;
	grown = reallocarray(config->warnings, count + 2, sizeof(char *));
	if (!grown)
		return -ENOMEM;
	config->warnings = grown;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	grown[count + 1] = NULL;
	if (asprintf(&grown[count], "%s:%d: %s", cfg->filename, cfg->line, what) < 0) {
		grown[count] = NULL;
		return -ENOMEM;
	}
	return 0;
}

static int warn_of_reserved(cfg_t *tree, struct config *config)
{
	int r = 0;

	for (size_t s = 0; s < config_section_count; s++)
		for (unsigned i = 0; i < cfg_size(tree, config_sections[s].name); i++) {
			cfg_t *one = cfg_getnsec(tree, config_sections[s].name, i);

			for (size_t k = 0; k < config_sections[s].field_count && r == 0; k++) {
				const struct config_field *f = &config_sections[s].fields[k];

				if (f->kind == CONFIG_RESERVED && cfg_getstr(one, f->key)[0])
					r = add_warning(config, one, "%s { %s }: has no effect in this version",
							config_sections[s].name, f->key);
			}
		}
	return r;
}

/* A cap that never counts, receipts that nobody hears. */
static int warn_of_channels(cfg_t *tree, struct config *config)
{
	const struct config_limits *limits = &config->limits;
	bool costs = false;
	int r = 0;

	for (size_t i = 0; i < config->channel_count && r == 0; i++) {
		const struct config_channel *c = &config->channels[i];

		costs = costs || c->cost.micro > 0;
		if (c->cost.micro == 0 && (c->cost_per_hour.micro > 0 || c->cost_per_day.micro > 0))
			r = add_warning(config, section_of(tree, "channel", i),
					"channel \"%s\": a cap without cost never counts", c->name);
		if (r == 0 && c->receipts == RECEIPTS_WEBHOOK && !config->webhook.listen[0])
			r = add_warning(config, section_of(tree, "channel", i),
					"channel \"%s\": receipts = webhook, but webhook { listen } is not set",
					c->name);
	}
	if (r == 0 && !costs && (limits->cost_per_hour.micro > 0 || limits->cost_per_day.micro > 0))
		r = add_warning(config, cfg_getsec(tree, "limits"),
				"limits: a cap on money never counts, for no channel has a cost");
	return r;
}

static bool may_carry(const struct config_policy *policy, const struct config_channel *channel)
{
	bool listed = !policy->channels[0];

	for (char **name = policy->channels; *name; name++)
		listed = listed || strcmp(*name, channel->name) == 0;
	return listed && (policy->restricted == RESTRICTED_ALLOW || !channel_kind_is_restricted(channel->kind));
}

/* A policy that leaves a route without any channel refuses every login there. */
static int warn_of_policies(cfg_t *tree, struct config *config)
{
	int r = 0;

	for (size_t p = 0; p < cfg_size(tree, "policy") && r == 0; p++)
		for (size_t i = 0; i < config->route_count && r == 0; i++) {
			const struct config_policy *policy =
				config_policy(config, cfg_title(section_of(tree, "policy", p)));
			bool any = policy->exempt || !config->routes[i].channels[0];

			for (char **name = config->routes[i].channels; *name; name++)
				any = any || may_carry(policy, config_channel(config, *name));
			if (!any)
				r = add_warning(
					config, section_of(tree, "policy", p),
					"policy \"%s\": leaves no channel of route \"%s\": nobody can log in there",
					policy->name, config->routes[i].name);
		}
	return r;
}

static int add_warnings(cfg_t *tree, struct config *config)
{
	int r;

	config->warnings = calloc(1, sizeof(char *));
	if (!config->warnings)
		return -ENOMEM;
	r = warn_of_reserved(tree, config);
	if (r == 0)
		r = warn_of_channels(tree, config);
	return r == 0 ? warn_of_policies(tree, config) : r;
}

static int complete(cfg_t *tree, struct config *config)
{
	int r = copy_tree(tree, config);

	if (r == 0)
		find_kinds(config);
	if (r == 0)
		r = check_titles(tree);
	if (r == 0)
		r = check_channels(tree, config);
	if (r == 0)
		r = check_money(tree, config);
	if (r == 0)
		r = check_policies(tree, config);
	if (r == 0)
		r = check_routes(tree, config);
	if (r == 0)
		r = check_limits(tree, config);
	if (r == 0)
		r = add_defaults(config);
	if (r == 0)
		r = add_warnings(tree, config);
	return r;
}

int config_load(const char *path, struct config **ret, char why[static CONFIG_WHY_MAX])
{
	struct config *config = calloc(1, sizeof(*config));
	int r = -ENOMEM;

	why[0] = '\0';
	error_sink = why;
	if (config) {
		config->references = 1;
		config->tree = new_tree();
		if (config->tree)
			r = parse_file(config->tree, path);
		if (r == 0)
			r = parse_directory(config->tree, path);
		if (r == 0)
			r = complete(config->tree, config);
	}
	if (r < 0) {
		keep_error("%s: %s", path, strerror(-r));
		config_unref(config);
		config = NULL;
	}
	error_sink = NULL;
	*ret = config;
	return r;
}

struct config *config_ref(struct config *config)
{
	__atomic_add_fetch(&config->references, 1, __ATOMIC_RELAXED);
	return config;
}

static void free_lists(const struct config_section *section, void *base)
{
	for (size_t i = 0; i < section->field_count; i++)
		if (section->fields[i].kind == CONFIG_LIST || section->fields[i].kind == CONFIG_PREFIXES ||
		    section->fields[i].kind == CONFIG_BLOCKS)
			free(*(char ***)((char *)base + section->fields[i].offset));
}

void config_unref(struct config *config)
{
	if (!config || __atomic_sub_fetch(&config->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	for (size_t s = 0; s < config_section_count; s++) {
		const struct config_section *section = &config_sections[s];
		char *base = (char *)config + section->offset;

		if (!section->count_offset) {
			if (section->size)
				free_lists(section, base);
			continue;
		}
		base = *(char **)base;
		for (size_t i = 0; base && i < *(size_t *)((char *)config + section->count_offset); i++)
			free_lists(section, base + i * section->size);
		free(base);
	}
	for (char **warning = config->warnings; warning && *warning; warning++)
		free(*warning);
	free(config->warnings);
	if (config->tree)
		cfg_free(config->tree);
	free(config);
}

/* Look-ups */

const struct config_channel *config_channel(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->channel_count; i++)
		if (strcmp(config->channels[i].name, name) == 0)
			return &config->channels[i];
	return NULL;
}

const struct config_policy *config_policy(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->policy_count; i++)
		if (strcmp(config->policies[i].name, name) == 0)
			return &config->policies[i];
	return NULL;
}

bool config_has_country(const struct config *config, const struct phone *to)
{
	char *const *countries = config->limits.countries;

	for (size_t i = 0; countries[i]; i++)
		if (phone_has_prefix(to, countries[i]))
			return true;
	return !countries[0];
}

const struct config_route *config_route(const struct config *config, const struct phone *to)
{
	const struct config_route *best = &config->routes[config->route_count - 1];
	size_t longest = 0;

	for (size_t i = 0; i < config->route_count; i++)
		for (char **prefix = config->routes[i].countries; *prefix; prefix++)
			if (strlen(*prefix) > longest && phone_has_prefix(to, *prefix)) {
				longest = strlen(*prefix);
				best = &config->routes[i];
			}
	return best;
}

const char *config_missing_group(const struct config *config, const char **ret_policy)
{
	struct group entry, *found;
	char buffer[32768];

	for (size_t i = 0; i < config->policy_count; i++)
		for (char **group = config->policies[i].groups; *group; group++)
			if (getgrnam_r(*group, &entry, buffer, sizeof(buffer), &found) == 0 && !found) {
				*ret_policy = config->policies[i].name;
				return *group;
			}
	return NULL;
}

/* The config's own text of a language whose name has this length, NULL if there is none. */
static const char *own_text(const struct config *config, enum text_kind kind, const char *language, size_t length,
			    const char **ret_language)
{
	for (size_t i = 0; i < config->text_count; i++) {
		const struct config_text *t = &config->texts[i];
		const char *const texts[] = {[TEXT_SMS] = t->sms,
					     [TEXT_SUBJECT] = t->subject,
					     [TEXT_EMAIL] = t->email,
					     [TEXT_VOICE] = t->voice};

		if (strncmp(t->language, language, length) == 0 && !t->language[length] && texts[kind][0]) {
			*ret_language = t->language;
			return texts[kind];
		}
	}
	return NULL;
}

/* The same of what is built in. */
static const char *built_in_text(enum text_kind kind, const char *language, size_t length, const char **ret_language)
{
	const char *text = texts_built_in(kind, language, length);

	for (size_t i = 0; text && texts_language(i); i++)
		if (strncmp(texts_language(i), language, length) == 0 && !texts_language(i)[length])
			*ret_language = texts_language(i);
	return text;
}

const char *config_text(const struct config *config, enum text_kind kind, const char *language,
			const char **ret_language)
{
	const size_t lengths[] = {strlen(language), strcspn(language, "_-"), 2};
	const char *const languages[] = {language, language, "en"};
	const char *text = NULL, *found = NULL;

	for (size_t i = *language ? 0 : 2; i < 3 && !text; i++) {
		text = own_text(config, kind, languages[i], lengths[i], &found);
		if (!text)
			text = built_in_text(kind, languages[i], lengths[i], &found);
	}
	if (ret_language)
		*ret_language = found;
	return text;
}
