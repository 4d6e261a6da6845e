// What the kernel says of this process, in the names that Prometheus's client libraries agreed on. Any
// thread; a few short reads of /proc.
#pragma once

namespace latchkey {

class exposition;

// Whatever cannot be found out is left out.
void write_process_metrics(exposition& out);

} // namespace latchkey
