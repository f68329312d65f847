/* The files of the page as arrays; the build writes page_files.c from them. */
#pragma once

#include <stddef.h>

extern const unsigned char page_html[], page_css[], page_js[], page_svg[];
extern const size_t page_html_size, page_css_size, page_js_size, page_svg_size;
