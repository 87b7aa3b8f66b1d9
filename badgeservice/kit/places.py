"""What the page says of the place where it stands: in the kit of a badge, or on a frozen site."""

from __future__ import annotations

KIT = {
    "title": "Vérifier un badge sans réseau · Verify a badge offline",
    "eyebrow": '<p class="quiet"><span lang="fr">Vérification sans réseau</span>'
    '<span lang="en">Offline verification</span></p>',
    "link": "",
    "reliance": "<p>"
    '<span lang="fr">Cette page contient tout ce qui sert à vérifier, et ne demande rien '
    "à personne. Elle vaut donc ce que vaut son origine : si la personne dont c'est le "
    "badge vous l'a remise, elle a pu la modifier. Pour une décision importante, ouvrez "
    "le fichier du badge avec une page que vous tenez de l'émetteur, ou comparez "
    "l'empreinte des clés avec celle que l'émetteur vous donne.</span>"
    '<span lang="en">This page holds everything that the check needs, and asks nobody for'
    " anything. So it is worth what its origin is worth: if the person whose badge it is "
    "gave it to you, they may have changed it. For a decision that matters, open the file"
    " of the badge with a page that you have from the issuer, or compare the fingerprint "
    "of the keys with the one that the issuer gives you.</span>"
    "</p>",
}

SITE = {
    "title": "Vérifier un badge · Verify a badge",
    "eyebrow": '<p><a href="/"><span lang="fr">Accueil du site</span>'
    '<span lang="en">Home of the site</span></a></p>',
    "link": """<section>
    <h2><span lang="fr">Vérifier un lien ou un code</span><span lang="en">Verify a link or a code</span></h2>
    <form id="ask">
      <label for="link"><span lang="fr">Lien du badge, ou code de huit signes</span><span lang="en">Link of the badge, or code of eight characters</span></label>
      <input type="text" id="link" autocomplete="off" autocapitalize="off" spellcheck="false">
      <p><button><span lang="fr">Vérifier</span><span lang="en">Verify</span></button></p>
    </form>
  </section>""",
    "reliance": '<p><span lang="fr">La vérification se fait dans ce navigateur, avec les fichiers que ce '
    "site garde : les clés de l'émetteur, ses listes de retraits, son registre. Ils disent ce qui était "
    "publié le jour indiqué plus haut. Ce qui a changé depuis n'y est pas. Rien de ce que vous vérifiez "
    'ne quitte cet appareil, hors l\'identifiant du badge.</span><span lang="en">The check '
    "takes place in this browser, with the files that this site keeps: the keys of the issuer, its lists "
    "of withdrawn badges, its register. They say what was published on the day given above. What has "
    "changed since is not in them. Nothing that you verify leaves this device, but the identifier of "
    "the badge.</span></p>",
}
