"""`gureum ca`: the certificate of the cloud's own CA, for clients on other machines.

On this machine `gureum env` says where it is; to another one it is brought by hand: `gureum ca > gureum-ca.pem`.
"""

from __future__ import annotations

import click

from gureum.cli.errors import Failed
from gureum.cli.options import data_option
from gureum.cli.place import Place


@click.command()
@click.option("--path", "only_path", is_flag=True, help="Print where it is and nothing else.")
@data_option
def ca(only_path: bool, place: Place) -> None:
    """Print the certificate that clients of a cloud with TLS trust."""
    try:
        certificate = place.ca_file.read_text()
    except FileNotFoundError as error:
        hint = "a cloud makes it when it first serves TLS (up --tls, or --host beyond this machine)"
        raise Failed(f"there is no {place.ca_file}; {hint}") from error
    except OSError as error:
        raise Failed(f"cannot read {place.ca_file}: {error.strerror}") from error
    click.echo(place.ca_file if only_path else certificate, nl=only_path)
