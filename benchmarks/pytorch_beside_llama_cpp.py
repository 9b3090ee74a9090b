"""What PyTorch's pool of threads does to llama.cpp in the same process: why encoders have each text computed by one.

python benchmarks/pytorch_beside_llama_cpp.py [--calls 12] [--rounds 2]
"""

from __future__ import annotations

import argparse
import subprocess
import sys

import torch
from llama_cpp import server

from locomo.threads import thread_count

CALLS = 12
ROUNDS = 2
TEXT = "Ruth keeps bees on the hill, and Ivo works nights on a ferry. " * 12


def measure(threads: int, calls: int) -> str:
    """Compute with so many threads, then return the tokens/s of the embedded model as a row."""
    torch.set_num_threads(threads)
    matrix = torch.ones(2_048, 2_048)
    (matrix @ matrix).sum()
    model = server(slots=1, flash_attention=False)
    spent = {"prompt_n": 0.0, "prompt_ms": 0.0, "predicted_n": 0.0, "predicted_ms": 0.0}
    for call in range(calls):
        question = [{"role": "user", "content": f"{call} {TEXT} Tell me about them."}]
        answer = model.handle_chat_completions({"messages": question, "max_tokens": 32, "temperature": 0})
        spent = {name: value + answer["timings"][name] for name, value in spent.items()}
    prompt, written = (1000 * spent[f"{what}_n"] / spent[f"{what}_ms"] for what in ("prompt", "predicted"))
    return f"| {threads} | {prompt:.0f} | {written:.0f} |"


def main() -> None:
    """Print a Markdown table, each row from a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=CALLS)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each number of threads is measured")
    parser.add_argument("--threads", type=int, help="measure this row alone, in this process")
    options = parser.parse_args()
    if options.threads:
        print(measure(options.threads, options.calls))
        return
    print("| threads that PyTorch computed with | prompt tokens/s | answer tokens/s |\n|---|---|---|")
    for threads in (1, thread_count()) * options.rounds:
        command = [sys.executable, __file__, "--calls", str(options.calls), "--threads", str(threads)]
        row = subprocess.run(command, check=True, capture_output=True, text=True)
        print(row.stdout.splitlines()[-1], flush=True)


if __name__ == "__main__":
    main()
